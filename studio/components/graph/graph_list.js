// A list whose entries choose a tool or an edge in the picture; text only, never read as HTML.
export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul");
  list.replaceChildren(...data.entries.map((entry) => {
    const item = document.createElement("li");
    for (const part of entry.parts) {
      const piece = document.createElement(part.node || part.edge ? "button" : "span");
      piece.textContent = part.text;
      piece.className = part.look ?? "";
      if (part.node || part.edge) {
        piece.type = "button";
        piece.addEventListener("click", () => window.dispatchEvent(
          new CustomEvent("scaleenv-graph-choose", { detail: { node: part.node ?? null, edge: part.edge ?? null } }),
        ));
      }
      item.append(piece, " ");
    }
    return item;
  }));
}
