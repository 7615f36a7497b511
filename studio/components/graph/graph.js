// The tool dependency graph in the browser. Foreign text goes through textContent, `value` or the canvas only.
import "./vis-network.min.js";
import { savePng } from "./graph_png.js";

const drawings = new WeakMap(); // parentElement -> Drawing
const FADED = 0.5; // behind what is chosen, but labels stay legible
const FADED_INK = 0.7;

function rgba(hex, alpha) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${red},${green},${blue},${alpha})`;
}

// Whether the page is dark, told by its ink: Streamlit gives components colours, not the theme's name.
function isDark(frame) {
  const [red, green, blue] = getComputedStyle(frame).color.match(/[\d.]+/g).map(Number);
  return 0.3 * red + 0.59 * green + 0.11 * blue > 128;
}

export function nodeStyle(node, ground, look) {
  const faded = look.hidden;
  const strong = node.mark === "chain" || node.mark === "focus";
  const border = strong ? ground.chain : look.found ? ground.ink : ground.border;
  return {
    id: node.id,
    label: node.number ? `${node.number}. ${node.label}` : node.label,
    x: node.x,
    y: node.y,
    shape: "box",
    margin: 6,
    borderWidthSelected: 3,
    labelHighlightBold: false,
    borderWidth: look.chosen ? 3 : strong || look.found ? 3 : 1,
    shapeProperties: { borderRadius: node.sort === "read" ? look.round : look.square, borderDashes: node.mark === "joined" ? [5, 4] : false },
    color: {
      background: rgba(ground[node.sort], faded ? FADED : 1),
      border: rgba(border, faded ? FADED : 1),
      highlight: { background: ground[node.sort], border: ground.ink },
      hover: { background: ground[node.sort], border: ground.ink },
    },
    font: { color: rgba(ground.ink, faded ? FADED_INK : 1), size: 15, face: "sans-serif", multi: false },
  };
}

export function arcStyle(arc, line, ground, unproven, look, dark) {
  const colour = dark ? line.dark : line.light;
  const opacity = look.hidden ? 0.07 : look.near ? 1 : look.dim ? 0.22 : arc.proven ? 0.62 : 0.42;
  const width = (look.near ? 2.6 : 1.2) + Math.min(3, Math.log2(arc.count));
  const pattern = arc.proven ? line.dashes : unproven;
  return {
    id: arc.id,
    from: arc.source,
    to: arc.target,
    width,
    hidden: Boolean(look.straight && look.hidden), // where there are many lines, those aside would cost too much time
    color: { color: colour, highlight: colour, hover: colour, opacity },
    // A broad line needs longer gaps.
    dashes: pattern.length ? pattern.map((length) => (look.near ? 2 * length : length)) : false,
    arrows: { to: { enabled: true, type: line.head, scaleFactor: line.head === "circle" ? 0.35 : 0.55 } },
    smooth: look.straight
      ? false
      : arc.bend
      ? { enabled: true, type: arc.bend > 0 ? "curvedCW" : "curvedCCW", roundness: Math.abs(arc.bend) }
      : { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.4 },
  };
}

export const options = {
  physics: false,
  layout: { improvedLayout: false },
  edges: { selectionWidth: 0.5 },
  interaction: { hover: true, hoverConnectedEdges: false, hideEdgesOnDrag: false, hideEdgesOnZoom: false, multiselect: false, keyboard: false },
};

class Drawing {
  constructor(parent) {
    this.parent = parent;
    const find = (name) => parent.querySelector(name);
    [this.frame, this.canvas, this.tip, this.input, this.found] = [".frame", ".canvas", ".tip", "input", ".found"].map(find);
    this.chosen = { node: null, edge: null };
    this.matches = null;
    this.at = -1;
    this.input.addEventListener("input", () => { this.at = -1; this.search(); });
    this.input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { event.preventDefault(); this.next(event.shiftKey ? -1 : 1); }
      if (event.key === "Escape") { this.input.value = ""; this.search(); }
    });
    const acts = { fit: () => this.fit(), in: () => this.zoom(1.3), out: () => this.zoom(1 / 1.3), png: () => savePng(this) };
    for (const button of parent.querySelectorAll("[data-act]")) button.addEventListener("click", acts[button.dataset.act]);
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.frame.addEventListener("transitionend", (event) => { if (event.propertyName === "color" && event.target === this.frame) this.restyle(); });
    // The lists beside the picture choose through this event: so nothing of the picture is sent again.
    this.listen = (event) => {
      if (!this.frame.isConnected) window.removeEventListener("scaleenv-graph-choose", this.listen);
      else this.choose(event.detail.node ?? null, event.detail.edge ?? null, true);
    };
    window.addEventListener("scaleenv-graph-choose", this.listen);
  }

  update(component) {
    this.tell = component.setStateValue;
    const given = component.data;
    if (this.data && this.data.revision === given.revision && this.data.height === given.height) return;
    const data = { ...given, ...JSON.parse(given.picture) };
    const first = !this.data;
    this.data = data;
    this.frame.style.height = `${data.height}px`;
    this.node = new Map(data.nodes.map((node) => [node.id, node]));
    this.arc = new Map(data.arcs.map((arc) => [arc.id, arc]));
    if (first) this.chosen = { node: data.chosen.node ?? null, edge: data.chosen.edge ?? null };
    this.search(false);
    this.draw();
  }

  get dark() { return isDark(this.frame); }

  get ground() { return this.data.ground[this.dark ? "dark" : "light"]; }

  styled() {
    const { chosen, data, dark, ground } = this;
    const task = data.nodes.some((node) => node.mark === "chain");
    const one = this.node.has(chosen.node) ? chosen.node : null;
    const line = one === null && this.arc.has(chosen.edge) ? chosen.edge : null;
    const ends = line ? [this.arc.get(line).source, this.arc.get(line).target] : [];
    const near = new Set(one ? [one] : ends);
    if (one) for (const arc of data.arcs) if (arc.source === one || arc.target === one) near.add(arc.source).add(arc.target);
    const hidden = (node) => (this.matches ? !this.matches.has(node.id) : one || line ? !near.has(node.id) : task && node.mark === "other");
    const nodes = data.nodes.map((node) => nodeStyle(node, ground, {
      hidden: hidden(node), found: this.matches !== null && !hidden(node), chosen: node.id === one || ends.includes(node.id), round: data.round, square: data.square,
    }));
    const arcs = data.arcs.map((arc) => {
      const touches = one ? arc.source === one || arc.target === one : line ? arc.id === line : false;
      const aside = one || line ? !touches : this.matches ? !(this.matches.has(arc.source) && this.matches.has(arc.target))
        : task && (this.node.get(arc.source).mark === "other" || this.node.get(arc.target).mark === "other");
      return arcStyle(arc, data.kinds[arc.kind], ground, data.unproven, { hidden: aside, near: touches || (arc.kind === "chain" && !aside), dim: task, straight: data.straight }, dark);
    });
    return { nodes, arcs };
  }

  draw() {
    if (this.network) this.network.destroy();
    delete this.frame.dataset.ready;
    const { nodes, arcs } = this.styled();
    this.drawn = new Map();
    this.changed(nodes), this.changed(arcs);
    this.nodes = new vis.DataSet(nodes);
    this.edges = new vis.DataSet(arcs);
    const network = this.network = new vis.Network(this.canvas, { nodes: this.nodes, edges: this.edges }, { ...options,
      interaction: { ...options.interaction, hideEdgesOnDrag: arcs.length > 800, hideEdgesOnZoom: arcs.length > 800 } });
    network.on("click", (event) => {
      const node = event.nodes.length ? String(event.nodes[0]) : null;
      this.choose(node, node === null && event.edges.length ? String(event.edges[0]) : null);
    });
    network.on("hoverNode", ({ node, pointer }) => this.hint(this.node.get(node).tip, pointer));
    network.on("hoverEdge", ({ edge, pointer }) => {
      const arc = this.arc.get(edge);
      const [from, to] = [arc.source, arc.target].map((id) => id.replace(/^table:/, ""));
      this.hint(`${from} → ${to}\n${arc.kind.replace("_", " ")}: ${this.data.kinds[arc.kind].meaning}\n${arc.tip}`, pointer);
    });
    for (const end of ["blurNode", "blurEdge", "dragStart", "zoom"]) network.on(end, () => this.hint(null));
    network.once("afterDrawing", () => { this.frame.network = network; this.frame.dataset.revision = this.data.revision; this.frame.dataset.ready = "1"; });
    this.touched = false; // a view that the user has chosen is kept when the frame changes its size
    network.on("dragEnd", (event) => { this.touched ||= !event.nodes.length; });
    network.on("zoom", () => { this.touched = true; });
    network.on("resize", () => { if (!this.touched) this.fit(); });
    this.select();
    this.fit();
    const { node } = this.chosen;
    if (node && this.node.has(node) && network.getScale() < 0.45) network.focus(node, { scale: 0.8 });
  }

  // Those of these boxes or lines that look different from before; the others need not be set again.
  changed(items) {
    return items.filter((item) => {
      const look = JSON.stringify([item.color, item.font, item.width, item.borderWidth, item.hidden, item.dashes]);
      const before = this.drawn.get(item.id);
      this.drawn.set(item.id, look);
      return look !== before;
    });
  }

  select() {
    const { node, edge } = this.chosen;
    if (this.node.has(node)) this.network.selectNodes([node], false);
    else if (this.arc.has(edge)) this.network.setSelection({ nodes: [], edges: [edge] });
    else this.network.unselectAll();
  }

  restyle() {
    if (!this.network) return;
    const { nodes, arcs } = this.styled();
    // Places are left out: a box that was dragged stays where it is. How lines bend never changes and is slow to set.
    this.nodes.update(this.changed(nodes).map(({ x, y, ...node }) => node));
    this.edges.update(this.changed(arcs).map(({ smooth, arrows, from, to, ...arc }) => arc));
    this.frame.dataset.theme = this.dark ? "dark" : "light";
  }

  choose(node, edge, go = false) {
    this.hint(null);
    if (node === this.chosen.node && edge === this.chosen.edge) return;
    this.chosen = { node, edge };
    this.tell("node", node);
    this.tell("edge", edge);
    // The server is asked first; what it does takes longer than the picture.
    setTimeout(() => {
      this.select();
      this.restyle();
      if (go && this.node.has(node)) this.reveal(node);
    });
  }

  // Brings a tool into view where it is not.
  reveal(node) {
    const at = this.network.canvasToDOM(this.network.getPosition(node));
    const inside = at.x > 40 && at.y > 30 && at.x < this.canvas.clientWidth - 40 && at.y < this.canvas.clientHeight - 30;
    const scale = Math.max(this.network.getScale(), 0.6);
    if (!inside || scale > this.network.getScale()) this.network.focus(node, { scale });
    this.touched = true;
  }

  search(show = true) {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.matches = words.length
      ? new Set(this.data.nodes.filter((node) => { const text = `${node.id} ${node.tip}`.toLowerCase(); return words.every((word) => text.includes(word)); }).map((node) => node.id))
      : null;
    this.found.textContent = this.matches
      ? `${this.matches.size} of ${this.data.nodes.length} found${this.matches.size ? "; Enter goes to the next" : ""}`
      : this.data.says;
    if (show) this.restyle();
  }

  next(by) {
    const found = [...(this.matches ?? [])].sort();
    if (!found.length) return;
    this.at = (this.at + by + found.length) % found.length;
    this.choose(found[this.at], null, true);
    this.reveal(found[this.at]);
  }

  key(event) {
    const moves = { ArrowLeft: [-60, 0], ArrowRight: [60, 0], ArrowUp: [0, -60], ArrowDown: [0, 60] };
    const scale = this.network.getScale();
    if (moves[event.key]) {
      const { x, y } = this.network.getViewPosition();
      this.network.moveTo({ position: { x: x + moves[event.key][0] / scale, y: y + moves[event.key][1] / scale } });
      this.touched = true;
    } else if (event.key === "+" || event.key === "=") this.zoom(1.3);
    else if (event.key === "-") this.zoom(1 / 1.3);
    else if (event.key === "0") this.fit();
    else if (event.key === "/") this.input.focus();
    else if (event.key === "Escape") this.choose(null, null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  fit() { this.touched = false; this.network.fit({ maxZoomLevel: 1.3 }); }

  zoom(by) { this.touched = true; this.network.moveTo({ scale: Math.min(4, Math.max(0.03, this.network.getScale() * by)) }); }

  hint(text, pointer) {
    this.tip.style.display = text ? "block" : "none";
    if (!text) return;
    this.tip.textContent = text; // text only: never read as HTML
    const left = pointer.DOM.x + 14, top = pointer.DOM.y + 14;
    this.tip.style.left = `${Math.max(0, Math.min(left, this.frame.clientWidth - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${top + this.tip.offsetHeight > this.frame.clientHeight ? Math.max(0, top - this.tip.offsetHeight - 24) : top}px`;
  }
}

export default function (component) {
  const { parentElement } = component;
  let drawing = drawings.get(parentElement);
  if (!drawing) drawings.set(parentElement, drawing = new Drawing(parentElement));
  drawing.update(component);
}
