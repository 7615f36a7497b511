const drawings = new WeakMap(); // parentElement -> { network, revision }

function tell(tip, item, pointer) {
  if (!item || !item.tip) return;
  tip.textContent = item.tip; // text only: never read as HTML
  tip.style.display = "block";
  tip.style.left = `${pointer.DOM.x + 14}px`;
  tip.style.top = `${pointer.DOM.y + 14}px`;
}

// Lets a chosen edge, or the edges of a chosen node, stand out from the others.
function stress(network, edges, drawn, node, edge) {
  const near = node ? new Set(network.getConnectedEdges(node)) : edge ? new Set([edge]) : null;
  edges.update(drawn.map((edge) => ({
    id: edge.id,
    color: { ...edge.color, opacity: near && !near.has(edge.id) ? 0.08 : edge.color.opacity },
    width: near && near.has(edge.id) ? 2 : 1,
  })));
}

function draw(component) {
  const { data, parentElement, setStateValue } = component;
  const frame = parentElement.querySelector(".frame");
  const canvas = parentElement.querySelector(".canvas");
  const tip = parentElement.querySelector(".tip");
  frame.style.height = `${data.height}px`;
  const nodes = new vis.DataSet(data.nodes);
  const edges = new vis.DataSet(data.edges);
  const network = new vis.Network(canvas, { nodes, edges }, {
    physics: false,
    layout: { improvedLayout: false },
    nodes: { shape: "box", margin: 5, borderWidth: 1, borderWidthSelected: 3, font: { color: "#0b1526", size: 15, multi: false } },
    edges: { smooth: { type: "cubicBezier", forceDirection: "horizontal", roundness: 0.4 }, arrows: { to: { scaleFactor: 0.5 } }, width: 1, selectionWidth: 2 },
    interaction: { hover: true, hideEdgesOnDrag: true, hideEdgesOnZoom: true, multiselect: false, keyboard: false },
  });
  network.on("click", (event) => {
    const node = event.nodes.length ? String(event.nodes[0]) : null;
    const edge = node === null && event.edges.length ? String(event.edges[0]) : null;
    stress(network, edges, data.edges, node, edge);
    tip.style.display = "none";
    setStateValue("node", node);
    setStateValue("edge", edge);
  });
  network.on("hoverNode", (event) => tell(tip, nodes.get(event.node), event.pointer));
  network.on("hoverEdge", (event) => tell(tip, edges.get(event.edge), event.pointer));
  for (const end of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(end, () => { tip.style.display = "none"; });
  network.once("afterDrawing", () => { frame.dataset.ready = "1"; frame.network = network; });
  const { node, edge } = data.chosen;
  if (node && nodes.get(node)) network.selectNodes([node]);
  else if (edge && edges.get(edge)) network.selectEdges([edge]);
  stress(network, edges, data.edges, nodes.get(node) && node, edges.get(edge) && edge);
  let touched = false; // a view that the user has chosen is kept when the frame changes its size
  network.on("dragEnd", (event) => { touched ||= !event.nodes.length; });
  network.on("zoom", () => { touched = true; });
  network.on("resize", () => { if (!touched) network.fit(); });
  network.fit();
  return { network, revision: data.revision };
}

export default function (component) {
  const before = drawings.get(component.parentElement);
  if (before && before.revision === component.data.revision) return () => {};
  if (before) before.network.destroy();
  drawings.set(component.parentElement, draw(component));
  return () => {};
}
