// Plots as SVG.
import {digits, h, s} from '/dom.js';

/** A round number, short: 1e-5. */
const tick = (v) => (v !== 0 && (Math.abs(v) < 1e-3 || Math.abs(v) >= 1e6) ? v.toExponential(0).replace('+', '') : digits(v));

// In CSS pixels where it is drawn as wide as it was made.
const kSize = {height: 300, left: 66, right: 14, top: 14, bottom: 42};

function scaleOf(values, low, high, mayLog = true) {
  let least = Math.min(...values), most = Math.max(...values);
  const log = mayLog && least > 0 && most / least > 30;
  if (log) {
    const span = Math.log(most / least);
    least *= Math.exp(-0.04 * span);
    most *= Math.exp(0.04 * span);
  } else {
    const margin = (most - least) * 0.05 || Math.abs(most) * 0.05 || 1;
    least -= margin;
    most += margin;
  }
  const share = log ? (v) => Math.log(v / least) / Math.log(most / least) : (v) => (v - least) / (most - least);
  return {at: (v) => low + share(v) * (high - low), ticks: log ? logTicks(least, most) : ticks(least, most), log};
}

function ticks(least, most) {
  const raw = (most - least) / 7, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((f) => f >= raw);
  const all = [];
  for (let v = Math.ceil(least / step) * step; v <= most; v += step) all.push(Math.abs(v) < step / 1e6 ? 0 : v);
  return all;
}

function logTicks(least, most) {
  const all = [];
  for (let e = Math.floor(Math.log10(least)); e <= Math.log10(most); ++e) {
    for (const f of [1, 2, 5]) {
      const v = f * 10 ** e;
      if (v >= least && v <= most) all.push(v);
    }
  }
  return all.length > 7 ? all.filter((v) => v.toExponential().startsWith('1e')) : all;
}

function frame(x, y, xLabel, yLabel, width) {
  const {height, left, right, top, bottom} = kSize;
  return [
    x.ticks.map((v) => s('line', {class: 'grid', x1: x.at(v), x2: x.at(v), y1: top, y2: height - bottom})),
    y.ticks.map((v) => s('line', {class: 'grid', x1: left, x2: width - right, y1: y.at(v), y2: y.at(v)})),
    x.ticks.map((v) => s('text', {class: 'tick', x: x.at(v), y: height - bottom + 16, 'text-anchor': 'middle'}, tick(v))),
    y.ticks.map((v) => s('text', {class: 'tick', x: left - 8, y: y.at(v) + 4, 'text-anchor': 'end'}, tick(v))),
    s('text', {class: 'axis', x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle'}, xLabel + (x.log ? ' (log)' : '')),
    s('text', {class: 'axis', x: 0, y: 0, transform: `translate(13 ${(top + height - bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle'},
      yLabel + (y.log ? ' (log)' : '')),
  ];
}

/**
 * Points {x, y, name, kind}: `kind` is "best", "broken" or nothing. Arrow keys go from point to point by x, Enter and a click call
 * `pick(point)`.
 */
export function scatter(points, {xLabel, yLabel, title, pick, width = 640}) {
  const {height, left, right, top, bottom} = kSize;
  const shown = points.filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y)).sort((a, b) => a.x - b.x);
  if (shown.length === 0) return h('p', {class: 'empty'}, 'No layout has both figures yet.');
  const x = scaleOf(shown.map((p) => p.x), left, width - right), y = scaleOf(shown.map((p) => p.y), height - bottom, top);
  const said = h('p', {class: 'said', 'aria-live': 'polite'}, `${shown.length} layouts. Arrow keys go through them, Enter opens one.`);
  const mark = s('circle', {class: 'mark', r: 8, cx: -20, cy: -20});
  let at = -1;
  const show = (i) => {
    at = i;
    mark.setAttribute('cx', x.at(shown[i].x));
    mark.setAttribute('cy', y.at(shown[i].y));
    said.textContent = `${shown[i].name}: ${xLabel} ${digits(shown[i].x)}, ${yLabel} ${digits(shown[i].y)}${shown[i].kind ? `, ${shown[i].kind}` : ''}`;
  };
  const nearest = (event) => {
    const box = svg.getBoundingClientRect();
    const [px, py] = [(event.clientX - box.left) * width / box.width, (event.clientY - box.top) * height / box.height];
    let best = -1, least = 400;
    shown.forEach((p, i) => {
      const d = (x.at(p.x) - px) ** 2 + (y.at(p.y) - py) ** 2;
      if (d < least) [least, best] = [d, i];
    });
    return best;
  };
  const svg = s('svg', {
    viewBox: `0 0 ${width} ${height}`, class: 'plot', tabindex: '0', role: 'application', 'aria-roledescription': 'scatter plot',
    'aria-label': `${title}: ${shown.length} layouts`,
    onkeydown: (event) => {
      const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
      if (step) show((at + step + shown.length) % shown.length);
      else if (event.key === 'Home') show(0);
      else if (event.key === 'End') show(shown.length - 1);
      else if (event.key === 'Enter' && at >= 0) pick(shown[at]);
      else return;
      event.preventDefault();
    },
    onpointermove: (event) => {
      const i = nearest(event);
      if (i >= 0 && i !== at) show(i);
    },
    onclick: (event) => {
      const i = nearest(event);
      if (i >= 0) pick(shown[i]);
    },
  }, frame(x, y, xLabel, yLabel, width),
     // The best is drawn last, above the others.
     [...shown].sort((a, b) => (a.kind === 'best') - (b.kind === 'best')).map((p) =>
       s('circle', {class: `point ${p.kind ?? ''}`, cx: x.at(p.x).toFixed(1), cy: y.at(p.y).toFixed(1), r: p.kind === 'best' ? 5.5 : 3.5})), mark);
  const kinds = new Set(shown.map((p) => p.kind));
  const legend = h('p', {class: 'said legend'}, h('span', {}, 'layout'), kinds.has('best') ? h('span', {class: 'best'}, 'the best') : null,
                   kinds.has('broken') ? h('span', {class: 'broken'}, 'breaks a rule or a specification') : null);
  return h('figure', {}, svg, legend, said);
}

/** Series {name, points: [[step, value]]} over steps. */
export function lines(series, {title, yLabel, width = 420}) {
  const {height, left, right, top, bottom} = kSize;
  const all = series.flatMap((one) => one.points);
  const x = scaleOf(all.map(([step]) => step), left, width - right, false);
  x.ticks = x.ticks.filter(Number.isInteger);
  const y = scaleOf(all.map(([, value]) => value), height - bottom, top);
  const last = series.map(({name, points}) => `${name} ${digits(points.at(-1)[1])}`).join(', ');
  return h('figure', {},
           h('figcaption', {}, h('h3', {}, title), h('span', {class: 'said'}, `last: ${last}`)),
           s('svg', {viewBox: `0 0 ${width} ${height}`, class: 'plot', role: 'img', 'aria-label': `${title}, ${all.length} points; last: ${last}`},
             frame(x, y, 'step', yLabel, width),
             series.map(({points}, i) => points.length === 1
               ? s('circle', {class: `point line${i % 6}`, cx: x.at(points[0][0]), cy: y.at(points[0][1]), r: 3.5})
               : s('polyline', {class: `line line${i % 6}`,
                                points: points.map(([step, value]) => `${x.at(step).toFixed(1)},${y.at(value).toFixed(1)}`).join(' ')}))));
}
