/* Small comforts. Every page works without this file. */
(() => {
  "use strict";

  const KEPT_FOR_DAYS = 7;

  /* Menus close with Escape, and when the attention goes elsewhere. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(".ui-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".ui-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  /* A refused form says why first. */
  document.querySelector("[data-focus]")?.focus();

  /* A second question before an action, in a dialog. */
  const ask = (text, label) =>
    new Promise((resolve) => {
      const dialog = document.createElement("dialog");
      dialog.className = "ui-dialog";
      const question = document.createElement("p");
      question.id = "ui-dialog-question";
      question.textContent = text;
      dialog.setAttribute("aria-labelledby", question.id);
      const form = document.createElement("form");
      form.method = "dialog";
      form.className = "ui-buttons";
      form.append(button(label, "yes", "ui-button ui-primary"), button("Annuler", "", "ui-button ui-quiet"));
      dialog.append(question, form);
      dialog.addEventListener("close", () => {
        dialog.remove();
        resolve(dialog.returnValue === "yes");
      });
      document.body.append(dialog);
      dialog.showModal();
    });

  const button = (text, value, className) => {
    const made = document.createElement("button");
    made.textContent = text;
    made.value = value;
    made.className = className;
    return made;
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    const submitter = event.submitter;
    if (await ask(form.dataset.confirm, submitter?.textContent.trim() || "Confirmer")) {
      form.dataset.confirmed = "true";
      form.requestSubmit(submitter);
    }
  });

  /* What is typed is kept in this browser until it has been sent, and offered again after an accident. */
  const storage = (() => {
    try {
      localStorage.setItem("ui-probe", "1");
      localStorage.removeItem("ui-probe");
      return localStorage;
    } catch {
      return null;
    }
  })();

  const SKIPPED = new Set(["hidden", "password", "file", "submit", "button"]);
  const kept = (form) => [...form.elements].filter((field) => field.name && !SKIPPED.has(field.type));
  const snapshot = (form) =>
    kept(form).map((field) => [field.name, field.value, "checked" in field ? field.checked : null]);

  const restore = (form, values) => {
    const fields = kept(form);
    values.forEach(([name, value, checked], position) => {
      const field = fields[position];
      if (!field || field.name !== name) return;
      if (field.type === "checkbox" || field.type === "radio") field.checked = checked;
      else field.value = value;
    });
  };

  const offer = (form, draft, forget) => {
    const notice = document.createElement("div");
    notice.className = "ui-alert ui-info ui-draft";
    notice.setAttribute("role", "status");
    const text = document.createElement("p");
    const when = new Date(draft.at).toLocaleString("fr-FR", { dateStyle: "long", timeStyle: "short" });
    text.textContent = `Un texte tapé le ${when} n’a pas été enregistré. Il est gardé dans ce navigateur.`;
    const yes = button("Le reprendre", "", "ui-button ui-secondary ui-small");
    const no = button("L’oublier", "", "ui-button ui-quiet ui-small");
    yes.type = no.type = "button";
    yes.addEventListener("click", () => {
      restore(form, draft.values);
      notice.remove();
    });
    no.addEventListener("click", () => {
      forget();
      notice.remove();
    });
    notice.append(text, yes, no);
    form.prepend(notice);
  };

  const guard = (form) => {
    const key = `ui-draft:${location.pathname}:${form.dataset.autosave}`;
    const initial = JSON.stringify(snapshot(form));
    const forget = () => storage.removeItem(key);
    let draft = null;
    try {
      draft = JSON.parse(storage.getItem(key));
    } catch {
      forget();
    }
    if (draft && Date.now() - draft.at > KEPT_FOR_DAYS * 86_400_000) forget();
    else if (draft && JSON.stringify(draft.values) !== initial) offer(form, draft, forget);
    else if (draft) forget();

    const changed = () => JSON.stringify(snapshot(form)) !== initial;
    form.addEventListener("input", () => {
      if (changed()) storage.setItem(key, JSON.stringify({ at: Date.now(), values: snapshot(form) }));
      else forget();
    });
    let sent = false;
    form.addEventListener("submit", () => {
      sent = true;
      if (changed()) storage.setItem(key, JSON.stringify({ at: Date.now(), values: snapshot(form), sent: true }));
    });
    window.addEventListener("beforeunload", (event) => {
      if (!sent && changed()) event.preventDefault();
    });
  };

  const drafts = () => Object.keys(storage).filter((key) => key.startsWith("ui-draft:"));
  const wasSent = (key) => {
    try {
      return JSON.parse(storage.getItem(key)).sent === true;
    } catch {
      return true;
    }
  };

  if (storage) {
    /* Sent is not saved (the session may have ended): only the page that says so lets the draft go. */
    if (document.querySelector(".ui-messages .ui-success")) drafts().filter(wasSent).forEach((key) => storage.removeItem(key));
    for (const form of document.querySelectorAll("form[data-autosave]")) guard(form);
    /* Signing out leaves nothing behind on a shared machine. */
    for (const form of document.querySelectorAll("form[data-forget-drafts]")) {
      form.addEventListener("submit", () => {
        drafts().forEach((key) => storage.removeItem(key));
      });
    }
  }
})();
