// Reads GDSII and draws it. Bounded: what is too large is an error, not a page that hangs.

const kMostShapes = 300000;
const kDeepest = 32;

// Of sky130 and ptah130, in drawing order; implants are left out, other layers get a hue by their number.
const kLayers = new Map(Object.entries({
  '64/20': ['#e8d9a8', 0.55], '65/20': ['#4e9a51', 0.75], '65/44': ['#77b37a', 0.75], '66/20': ['#d8443f', 0.8], '66/44': ['#555b66', 0.7],
  '67/20': ['#8c6bb1', 0.55], '67/44': ['#3b3f46', 0.7], '68/20': ['#3b7dc8', 0.6], '68/44': ['#27507f', 0.9], '69/20': ['#c957ad', 0.6],
  '69/44': ['#7c2c69', 0.9], '70/20': ['#e08a2e', 0.6], '70/44': ['#94561a', 0.45], '71/20': ['#2aa198', 0.6], '89/44': ['#b8b13a', 0.6],
}));
const kLeftOut = new Set([93, 94, 95, 78, 81, 235, 236]);

function real(view, at) {
  const head = view.getUint8(at);
  let mantissa = 0;
  for (let i = 1; i < 8; ++i) mantissa = mantissa * 256 + view.getUint8(at + i);
  return (head & 128 ? -1 : 1) * mantissa * 16 ** ((head & 127) - 78);
}

/** {cells: Map name -> {shapes: [{layer, points}], references}, unit: metres of one database unit}. */
export function readGds(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cells = new Map();
  let unit = 1e-9, cell = null, element = null, shapes = 0;
  const text = (at, size) => new TextDecoder('latin1').decode(bytes.subarray(at, at + size)).replace(/\0+$/, '');
  for (let at = 0; at + 4 <= bytes.length;) {
    const size = view.getUint16(at), type = view.getUint8(at + 2), data = at + 4, length = size - 4;
    if (size < 4 || at + size > bytes.length) break;
    at += size;
    switch (type) {
      case 0x03: unit = real(view, data + 8); break;
      case 0x05: cell = {shapes: [], references: []}; break;
      case 0x06: if (cell) cells.set(text(data, length), cell); break;
      case 0x08: case 0x2d: element = {kind: 'shape'}; break;
      case 0x09: element = {kind: 'path', width: 0}; break;
      case 0x0a: case 0x0b: element = {kind: 'reference', columns: 1, rows: 1, mirror: false, angle: 0, scale: 1}; break;
      case 0x0c: element = {kind: 'text'}; break;
      case 0x0d: if (element) element.layer = view.getInt16(data); break;
      case 0x0e: case 0x2e: if (element) element.datatype = view.getInt16(data); break;
      case 0x0f: if (element) element.width = Math.abs(view.getInt32(data)); break;
      case 0x12: if (element) element.cell = text(data, length); break;
      case 0x13: if (element) [element.columns, element.rows] = [view.getInt16(data), view.getInt16(data + 2)]; break;
      case 0x1a: if (element) element.mirror = (view.getUint16(data) & 0x8000) !== 0; break;
      case 0x1b: if (element) element.scale = real(view, data); break;
      case 0x1c: if (element) element.angle = real(view, data) * Math.PI / 180; break;
      case 0x10:
        if (element) {
          element.points = [];
          for (let i = 0; i + 8 <= length; i += 8) element.points.push([view.getInt32(data + i), view.getInt32(data + i + 4)]);
        }
        break;
      case 0x11:
        if (cell && element?.points) {
          if (element.kind === 'shape') cell.shapes.push({layer: `${element.layer}/${element.datatype}`, points: element.points});
          if (element.kind === 'path') cell.shapes.push(...boxesOf(element));
          if (element.kind === 'reference') cell.references.push(element);
          if (++shapes > kMostShapes) throw new Error('The layout has too many shapes for this page.');
        }
        element = null;
        break;
    }
  }
  if (cells.size === 0) throw new Error('This is no GDSII file.');
  return {cells, unit};
}

/** The straight pieces of a path, with flat ends. */
function boxesOf(path) {
  const half = path.width / 2, boxes = [];
  for (let i = 1; i < path.points.length; ++i) {
    const [[x0, y0], [x1, y1]] = [path.points[i - 1], path.points[i]];
    const length = Math.hypot(x1 - x0, y1 - y0) || 1;
    const [dx, dy] = [-(y1 - y0) / length * half, (x1 - x0) / length * half];
    boxes.push({layer: `${path.layer}/${path.datatype}`,
                points: [[x0 + dx, y0 + dy], [x1 + dx, y1 + dy], [x1 - dx, y1 - dy], [x0 - dx, y0 - dy]]});
  }
  return boxes;
}

/** The shapes of `top` and below: {paths: Map layer -> Path2D, box: [x0, y0, x1, y1], unit}. */
export function flatten(gds, top) {
  const used = new Set([...gds.cells.values()].flatMap((cell) => cell.references.map((r) => r.cell)));
  const root = gds.cells.get(top) ?? [...gds.cells].filter(([name]) => !used.has(name)).map(([, cell]) => cell).at(-1);
  if (!root) throw new Error('The layout has no top cell.');
  const paths = new Map();
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let shapes = 0;
  const visit = (cell, [a, b, c, d, x, y], depth) => {
    if (depth > kDeepest) throw new Error('The cells of the layout are nested too deep.');
    for (const {layer, points} of cell.shapes) {
      if (kLeftOut.has(Number.parseInt(layer, 10)) || (!kLayers.has(layer) && layer.endsWith('/5'))) continue;
      if (++shapes > kMostShapes) throw new Error('The layout has too many shapes for this page.');
      let path = paths.get(layer);
      if (!path) paths.set(layer, path = new Path2D());
      // All turn the same way, however they were placed: where shapes lie over each other, they add up.
      let turn = 0;
      points.forEach(([px, py], i) => {
        const [nx, ny] = points[(i + 1) % points.length];
        turn += px * ny - nx * py;
      });
      const placed = turn * (a * d - b * c) < 0 ? [...points].reverse() : points;
      placed.forEach(([px, py], i) => {
        const qx = a * px + c * py + x, qy = b * px + d * py + y;
        box[0] = Math.min(box[0], qx);
        box[1] = Math.min(box[1], qy);
        box[2] = Math.max(box[2], qx);
        box[3] = Math.max(box[3], qy);
        if (i === 0) path.moveTo(qx, qy);
        else path.lineTo(qx, qy);
      });
      path.closePath();
    }
    for (const r of cell.references) {
      const inner = gds.cells.get(r.cell);
      if (!inner) continue;
      const [cos, sin, flip] = [Math.cos(r.angle) * r.scale, Math.sin(r.angle) * r.scale, r.mirror ? -1 : 1];
      const [ra, rb, rc, rd] = [cos, sin, -sin * flip, cos * flip];
      const [origin, right = origin, up = origin] = r.points;
      for (let column = 0; column < r.columns; ++column) {
        for (let row = 0; row < r.rows; ++row) {
          const ox = origin[0] + (right[0] - origin[0]) * column / r.columns + (up[0] - origin[0]) * row / r.rows;
          const oy = origin[1] + (right[1] - origin[1]) * column / r.columns + (up[1] - origin[1]) * row / r.rows;
          visit(inner, [a * ra + c * rb, b * ra + d * rb, a * rc + c * rd, b * rc + d * rd, a * ox + c * oy + x, b * ox + d * oy + y], depth + 1);
        }
      }
    }
  };
  visit(root, [1, 0, 0, 1, 0, 0], 0);
  if (shapes === 0) throw new Error('The layout is empty.');
  return {paths, box, unit: gds.unit};
}

/** Draws into a canvas of `width` by `height` CSS pixels, as large as it fits, with a scale bar. */
export function draw(canvas, flat, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.aspectRatio = `${width} / ${height}`;
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  const [x0, y0, x1, y1] = flat.box;
  const margin = 8, bar = 14;
  const scale = Math.min((width - 2 * margin) / (x1 - x0), (height - 2 * margin - bar) / (y1 - y0)) * ratio;
  const left = (canvas.width - (x1 - x0) * scale) / 2, low = (canvas.height - bar * ratio + (y1 - y0) * scale) / 2;
  context.setTransform(scale, 0, 0, -scale, left - x0 * scale, low + y0 * scale);
  const order = [...kLayers.keys()];
  const rank = (layer) => (order.indexOf(layer) + 1) || 100 + Number.parseInt(layer, 10);
  for (const layer of [...flat.paths.keys()].sort((a, b) => rank(a) - rank(b))) {
    const [colour, alpha] = kLayers.get(layer) ?? [`hsl(${Number.parseInt(layer, 10) * 47 % 360} 45% 50%)`, 0.4];
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fill(flat.paths.get(layer), 'nonzero');
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  const micron = 1e-6 / flat.unit * scale / ratio;
  const length = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((l) => l * micron < width / 3).at(-1) ?? 0.1;
  context.fillStyle = '#30363d';
  context.fillRect(margin, height - 6, length * micron, 2);
  context.font = '10px system-ui, sans-serif';
  context.fillText(`${length} µm`, margin, height - 9);
}
