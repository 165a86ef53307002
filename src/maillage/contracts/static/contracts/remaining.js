// What is left of the envelope while amounts are typed. The service checks the sum again: without this script the page
// tells it when the form is sent.
(() => {
  const told = document.getElementById("reste");
  const fields = [...document.querySelectorAll("input[data-share]")];
  if (!told || !fields.length) return;
  const envelope = Math.round(parseFloat(told.dataset.envelope) * 100);
  const written = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });

  // Cents, as integers: « 1 234,5 » and « 1234.50 » alike; NaN for what is no amount yet.
  const cents = (text) => {
    const plain = text.replace(/[\s\u00a0\u202f€]/g, "").replace(",", ".");
    return plain === "" ? 0 : /^[0-9]+(\.[0-9]{0,2})?$/.test(plain) ? Math.round(parseFloat(plain) * 100) : NaN;
  };

  const tell = () => {
    const left = envelope - fields.reduce((sum, field) => sum + cents(field.value), 0);
    if (Number.isNaN(left)) return;
    if (left === 0) told.textContent = told.dataset.even;
    else told.textContent = (left > 0 ? told.dataset.left : told.dataset.over) + written.format(Math.abs(left) / 100);
  };

  fields.forEach((field) => field.addEventListener("input", tell));
  tell();
})();
