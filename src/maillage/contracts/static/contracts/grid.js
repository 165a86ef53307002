/* The funding grid under the fingers: Enter and the vertical arrows go from a row to the next. It works without this. */
(() => {
  "use strict";

  const move = (from, step) => {
    const cell = from.closest("td, th");
    const row = cell.parentElement;
    const rows = [...row.closest("table").querySelectorAll("tbody tr, tfoot tr")];
    const place = [...row.querySelectorAll("input:not([type=hidden]), select")].indexOf(from);
    for (let rank = rows.indexOf(row) + step; rank >= 0 && rank < rows.length; rank += step) {
      const controls = [...rows[rank].querySelectorAll("input:not([type=hidden]), select")];
      const wanted = controls.length === rows[0].querySelectorAll("input:not([type=hidden]), select").length ? controls[place] : controls[Math.max(0, Math.floor((place - 2) / 2))];
      if (wanted && !wanted.disabled) {
        wanted.focus();
        wanted.select?.();
        return;
      }
    }
  };

  for (const form of document.querySelectorAll("form[data-grid]")) {
    form.addEventListener("keydown", (event) => {
      const control = event.target;
      if (!control.matches(".nego-grid input[type=text]") || event.altKey || event.metaKey) return;
      if (event.key === "Enter" && !event.ctrlKey) {
        event.preventDefault();
        move(control, event.shiftKey ? -1 : 1);
      } else if (event.key === "Enter") {
        event.preventDefault();
        form.requestSubmit();
      } else if (event.key === "ArrowDown") {
        event.preventDefault();
        move(control, 1);
      } else if (event.key === "ArrowUp") {
        event.preventDefault();
        move(control, -1);
      }
    });
  }
})();
