// The questionnaire follows its results. Without this script the same form is sent by its button.
(() => {
  const form = document.getElementById("simulateur");
  const results = document.getElementById("resultats");
  if (!form || !results) return;

  // Questions are shown, hidden and pointed at in place: what is being typed, and the focus, stay where they are.
  const follow = () => {
    const state = document.getElementById("etat");
    if (!state) return;
    const relevant = new Set(state.dataset.relevant.split(" "));
    for (const question of form.querySelectorAll("[data-question]")) {
      const code = question.dataset.question;
      const next = code === state.dataset.next;
      question.hidden = !relevant.has(code);
      question.classList.toggle("rights-next", next);
      question.querySelector(".rights-next-mark").hidden = !next;
      tell(question, code);
    }
    for (const button of results.querySelectorAll("[data-print]")) button.hidden = false;
  };

  const tell = (question, code) => {
    const problem = results.querySelector(`[data-problem="${code}"] span`);
    const place = question.querySelector("[data-error]");
    place.replaceChildren();
    question.classList.toggle("ui-field-error", problem !== null);
    for (const control of question.querySelectorAll("input:not([type=checkbox]), select")) {
      if (problem) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
    if (!problem) return;
    const text = document.createElement("p");
    text.textContent = problem.textContent;
    place.append(text);
  };

  // What was unfolded stays so when the results change.
  let unfolded = [];
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== results) return;
    unfolded = [...results.querySelectorAll("details[open]")].map((details) => details.id);
    if (event.detail.xhr.status === 429) event.detail.shouldSwap = true; // it says when to try again
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== results) return;
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    follow();
  });

  // A link to a question goes to its control, so that one can type at once.
  results.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#question-"]');
    if (link) {
      const question = document.querySelector(link.hash);
      if (question) {
        event.preventDefault();
        question.hidden = false;
        question.scrollIntoView({ block: "center" });
        question.querySelector("input, select").focus({ preventScroll: true });
      }
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  // Typing an answer and « je ne sais pas » exclude each other.
  form.addEventListener("input", (event) => {
    const question = event.target.closest("[data-question]");
    const box = question?.querySelector('input[type="checkbox"]');
    const text = question?.querySelector('input[type="text"]');
    if (!box || !text) return;
    if (event.target === text && text.value !== "") box.checked = false;
    if (event.target === box && box.checked) text.value = "";
  });

  follow();
})();
