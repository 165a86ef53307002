/* The funding grid under the fingers: Enter and the vertical arrows go from a row to the next. It works without this. */
(() => {
  "use strict";

  // Rows of costs span the two columns of a year: places are counted in columns, not in controls.
  const columnOf = (cell) => {
    let column = 0;
    for (let one = cell.previousElementSibling; one; one = one.previousElementSibling) column += one.colSpan;
    return column;
  };

  const cellAt = (row, column) => {
    let end = 0;
    return [...row.cells].find((cell) => column < (end += cell.colSpan));
  };

  const move = (from, step) => {
    const cell = from.closest("td, th");
    const rows = [...cell.closest("table").querySelectorAll("tbody tr, tfoot tr")];
    const column = columnOf(cell);
    for (let rank = rows.indexOf(cell.parentElement) + step; rank >= 0 && rank < rows.length; rank += step) {
      const wanted = cellAt(rows[rank], column)?.querySelector("input:not([type=hidden])");
      if (wanted && !wanted.disabled) {
        wanted.focus();
        wanted.select();
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
