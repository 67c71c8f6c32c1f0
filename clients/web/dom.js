// Elements and words.

/** An element: attributes by name (`on...` are listeners, false and null are left out), then children. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same of SVG. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const kPrefixes = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'], [1e-12, 'p'], [1e-15, 'f']];
const kScaled = new Set(['V', 'Hz', 'A', 's', 'F', 'W', 'Ohm', 'B', 'V/s']);

/** Three digits and, of units that take one, a prefix: 41.5 mV. */
export function quantity(value, unit = '') {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–';
  if (value === 0) return unit ? `0 ${unit}` : '0';
  if (kScaled.has(unit)) {
    const [factor, prefix] = kPrefixes.find(([size]) => Math.abs(value) >= size * 0.9995) || kPrefixes.at(-1);
    return `${digits(value / factor)} ${prefix}${unit}`;
  }
  return unit ? `${digits(value)} ${unit}` : digits(value);
}

export function digits(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace('e', ' e').replace('+', '');
  return size >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

export function duration(ms) {
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 2 * 86400) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} days`;
}

/** A point in time, readable at a glance and exact in its title. */
export function moment(ms) {
  if (!ms) return h('span', {}, '–');
  const date = new Date(ms);
  const today = date.toDateString() === new Date().toDateString();
  const two = (n) => String(n).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return h('time', {datetime: date.toISOString(), title: `${day} ${time}:${two(date.getSeconds())}`}, today ? time : `${day} ${time}`);
}

/** What went wrong and what next. */
export function problem(error) {
  return h('div', {class: 'problem'},
           h('strong', {}, error.message || String(error)),
           error.where ? h('span', {class: 'where'}, error.where) : null,
           error.hint ? h('p', {}, error.hint) : null);
}

export function badge(state) {
  return h('span', {class: `badge ${state}`}, state);
}

/** A table with a caption for screen readers. Columns: {head, cell(row), number}. */
export function table(caption, columns, rows, empty) {
  if (rows.length === 0) return h('p', {class: 'empty'}, empty);
  return h('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
           h('table', {}, h('caption', {class: 'unseen'}, caption),
             h('thead', {}, h('tr', {}, columns.map((c) => h('th', {scope: 'col', class: c.number && 'number'}, c.head)))),
             h('tbody', {}, rows.map((row) => h('tr', {}, columns.map((c, i) => h(i === 0 ? 'th' : 'td',
               {scope: i === 0 && 'row', class: c.number && 'number'}, c.cell(row))))))));
}

/** A list of terms and what they are. */
export function facts(pairs) {
  return h('dl', {class: 'facts'}, pairs.filter(Boolean).map(([term, what]) => h('div', {}, h('dt', {}, term), h('dd', {}, what))));
}

let lastNews = 0;
/** Says something to screen readers, not more often than every two seconds. */
export function announce(text) {
  const now = Date.now();
  if (now - lastNews < 2000) return;
  lastNews = now;
  document.getElementById('news').textContent = text;
}

export function shortHash(hash) {
  return h('code', {title: hash}, hash.slice(0, 10));
}

/** What is chosen from, or written into, with its label beside it. */
export function labelled(words, field) {
  return h('span', {class: 'pair'}, h('label', {for: field.id}, words), field);
}
