// Rows or tiles of which one is chosen by a click. Everything is written with textContent: nothing is read as HTML.
export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".picker");
  const table = document.createElement(data.columns ? "table" : "div");
  table.className = data.columns ? "rows" : "tiles";
  if (data.columns) {
    const head = table.createTHead().insertRow();
    for (const [name, width] of data.columns) {
      const cell = document.createElement("th");
      cell.textContent = name;
      cell.style.width = width;
      head.append(cell);
    }
  }
  const body = data.columns ? table.createTBody() : table;
  for (const item of data.items) {
    const element = data.columns ? body.insertRow() : document.createElement("button");
    if (!data.columns) body.append(element);
    element.className = item.tone;
    element.title = item.title;
    element.setAttribute("aria-selected", String(item.id === data.chosen));
    for (const [index, text] of item.cells.entries()) {
      const cell = data.columns ? element.insertCell() : document.createElement("span");
      if (!data.columns) element.append(cell);
      if (!data.columns || index > 0) {
        cell.textContent = text;
        continue;
      }
      const button = document.createElement("button"); // so that a row can be reached and pressed by keyboard
      button.textContent = text;
      cell.append(button);
    }
    element.onclick = () => {
      for (const other of body.children) other.setAttribute("aria-selected", String(other === element));
      setTriggerValue("picked", item.id);
    };
  }
  root.replaceChildren(table);
}
