"use strict";
// Search, filters and sorting for every table of class "sortable". A unit is a row, or a tbody of several rows that
// stay together (data-unit="tbody"). The tools stand before the table, hidden until this runs.
for (const table of document.querySelectorAll("table.sortable")) {
  const tools = document.querySelector(`.tools[data-for="${table.id}"]`);
  const grouped = table.dataset.unit === "tbody", place = grouped ? table : table.tBodies[0];
  const units = grouped ? [...table.tBodies] : [...place.rows];
  const cells = unit => (grouped ? unit.rows[0] : unit).cells;
  const texts = new Map(units.map(unit => [unit, unit.textContent.toLowerCase()]));
  const search = tools.querySelector("input"), choices = [...tools.querySelectorAll("select")];
  const count = tools.querySelector("[aria-live]");
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const unit of units) {
      const fits = choices.every(choice => !choice.value || unit.getAttribute(`data-${choice.dataset.filter}`) === choice.value)
        && words.every(word => texts.get(unit).includes(word));
      unit.hidden = !fits; number += fits;
    }
    count.textContent = `${number.toLocaleString("en")} of ${units.length.toLocaleString("en")} shown`;
  };
  const key = (unit, column) => {
    const cell = cells(unit)[column], value = cell.dataset.value;
    return value === undefined ? cell.textContent : value === "" ? -Infinity : Number(value);
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if ("plain" in head.dataset) return;
    const button = document.createElement("button");
    button.type = "button"; button.textContent = head.textContent; head.replaceChildren(button);
    button.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling < 0 ? "descending" : "ascending");
      units.map((unit, i) => [key(unit, column), i, unit])
        .sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]) * falling)
        .forEach((entry, i) => { units[i] = entry[2]; place.append(entry[2]); });
    });
  });
  for (const tool of [search, ...choices]) tool.addEventListener("input", filter);
  tools.hidden = false; filter();
}
