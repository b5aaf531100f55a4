"use strict";
const box = document.getElementById("find");
const told = document.getElementById("found");
const rows = [...document.querySelectorAll("table.sortable tbody tr")];
const filter = () => {
  const words = box.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLocaleLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  told.textContent = words.length ? `${shown} of ${rows.length}` : "";
};
const value = (row, column) => {
  const cell = row.cells[Math.min(column, row.cells.length - 1)];
  const number = parseFloat(cell.dataset.value);
  return Number.isNaN(number) ? cell.textContent.trim() : number;
};
const order = (one, other) => {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === "number") return -1;
  if (typeof other === "number") return 1;
  return one.localeCompare(other, undefined, { numeric: true });
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.ariaSort === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.ariaSort = down ? "descending" : "ascending";
      const body = table.tBodies[0];
      const sorted = [...body.rows].sort((a, b) => order(value(a, column), value(b, column)));
      body.append(...(down ? sorted.reverse() : sorted));
    });
  });
}
box.addEventListener("input", filter);
box.closest("form").addEventListener("submit", (event) => event.preventDefault());
box.closest("form").hidden = false;
filter();
