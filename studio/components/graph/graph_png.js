// The whole picture as a PNG at twice its size, with its legend.
const MOST = 8000; // pixels along a side; browsers give up on larger canvases

export async function savePng(drawing) {
  const { data, ground } = drawing;
  const { nodes, arcs } = drawing.styled();
  const xs = data.nodes.map((node) => node.x), ys = data.nodes.map((node) => node.y);
  const width = Math.max(...xs) - Math.min(...xs) + 220, height = Math.max(...ys) - Math.min(...ys) + 140;
  const scale = Math.min(2, MOST / width, MOST / height);
  const host = document.createElement("div");
  // The canvas of vis-network has as many pixels as the screen has for this many points.
  const ratio = window.devicePixelRatio || 1;
  Object.assign(host.style, { position: "fixed", left: "-99999px", width: `${(width * scale) / ratio}px`, height: `${(height * scale) / ratio}px` });
  document.body.append(host);
  const network = new vis.Network(host, { nodes: new vis.DataSet(nodes), edges: new vis.DataSet(arcs) }, {
    physics: false, layout: { improvedLayout: false }, interaction: { dragNodes: false, dragView: false, zoomView: false } });
  try {
    const middle = { x: (Math.max(...xs) + Math.min(...xs)) / 2, y: (Math.max(...ys) + Math.min(...ys)) / 2 };
    network.moveTo({ position: middle, scale: scale / ratio });
    network.redraw();
    const drawn = host.querySelector("canvas");
    const sheet = document.createElement("canvas");
    const foot = Math.round(30 * scale);
    [sheet.width, sheet.height] = [Math.max(drawn.width, Math.round(820 * scale)), drawn.height + foot];
    const pen = sheet.getContext("2d");
    pen.fillStyle = ground.paper;
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.drawImage(drawn, 0, 0);
    legend(pen, drawing, scale, drawn.height + foot / 2);
    const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${data.file}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } finally {
    network.destroy();
    host.remove();
  }
}

function legend(pen, drawing, scale, middle) {
  const { data, ground, dark } = drawing;
  pen.font = `${12 * scale}px sans-serif`;
  pen.textBaseline = "middle";
  pen.lineWidth = 2 * scale;
  let x = 14 * scale;
  const entries = Object.entries(data.kinds).map(([kind, line]) => [dark ? line.dark : line.light, line.dashes, kind === "chain" ? "a task's steps" : kind.replace("_", " ")]);
  for (const [colour, dashes, words] of [...entries, [ground.ink, data.unproven, "unproven"]]) {
    pen.strokeStyle = colour;
    pen.setLineDash(dashes.map((length) => length * scale));
    pen.beginPath();
    pen.moveTo(x, middle);
    pen.lineTo(x + 36 * scale, middle);
    pen.stroke();
    x += word(pen, words, x + 42 * scale, middle, ground) + 62 * scale;
  }
  pen.setLineDash([]);
  pen.lineWidth = scale;
  for (const [sort, words] of [["read", "reads"], ["write", "changes state"]]) {
    pen.fillStyle = ground[sort];
    pen.strokeStyle = ground.border;
    pen.fillRect(x, middle - 6 * scale, 16 * scale, 12 * scale);
    pen.strokeRect(x, middle - 6 * scale, 16 * scale, 12 * scale);
    x += word(pen, words, x + 22 * scale, middle, ground) + 42 * scale;
  }
}

function word(pen, words, x, y, ground) {
  pen.fillStyle = ground.ink;
  pen.fillText(words, x, y);
  return pen.measureText(words).width;
}
