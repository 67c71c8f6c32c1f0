// One job: how far it is, its layouts as a gallery and a plot, its curves, what it says.
import {announce, badge, count, digits, duration, facts, h, labelled, moment, problem, quantity, shortHash, table} from '/dom.js';
import {draw, flatten, readGds} from '/gds.js';
import {progressOf} from '/jobs.js';
import {lines, scatter} from '/plot.js';

const kMostVariants = 3000;
const kGallery = 24;
const kMostLog = 200;
const kMostCurves = 6;
const kMostPoints = 20000;

const keyOf = (variant) => `${variant.chain}/${variant.variant}`;
const link = (job, {chain, variant}) => `#/job/${encodeURIComponent(job)}/${chain}/${variant}`;
const fileOf = (variant, role) => variant.files?.find((file) => file.role === role);

/** What can be an axis: its words, and how it is read. */
function axesOf(variants) {
  const axes = new Map([
    ['area', {label: 'area (µm²)', of: (r) => r.area_um2}],
    ['pscore', {label: 'pscore (mV)', of: (r) => (typeof r.pscore_V === 'number' ? 1000 * r.pscore_V : NaN)}],
    ['cost', {label: 'cost', of: (r) => r.cost}],
    ['hpwl', {label: 'HPWL (µm)', of: (r) => r.hpwl_um}],
    ['wirelength', {label: 'wire length (µm)', of: (r) => r.wirelength_um}],
  ]);
  for (const name of Object.keys(variants.find((v) => v.record?.measures)?.record.measures ?? {}))
    axes.set(name, {label: name, of: (r) => r.measures?.[name]?.value});
  return axes;
}

export function isBroken(record) {
  return record.feasible === false || Object.values(record.drc ?? {}).some((errors) => errors > 0) ||
    Object.values(record.lvs ?? {}).some((verdict) => verdict !== 'match');
}

/** Draws the layout of a variant into a box, when it comes into view. */
export function picture(variant, files, width, height) {
  const name = `Layout ${keyOf(variant)} of ${variant.record?.circuit ?? variant.job}`;
  const canvas = h('canvas', {role: 'img', 'aria-label': name, width, height});
  const box = h('div', {class: 'picture'}, canvas);
  const load = async () => {
    const gds = fileOf(variant, 'gds');
    try {
      if (!gds) throw new Error('There is no layout file.');
      draw(canvas, flatten(readGds(await files.read(gds.hash)), variant.record?.top), width, height);
      box.classList.add('drawn');
    } catch (error) {
      box.replaceChildren(h('p', {class: 'empty'}, `${error.message} ${error.hint ?? ''}`));
    }
  };
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    load();
  }, {rootMargin: '200px'}).observe(box);
  return box;
}

export function jobView({connection, files, main}, id) {
  let job = null, told, message = '', ended = false, end = () => {}, shown = kGallery, drawn = 0;
  const variants = new Map();
  const metrics = new Map();     // name -> chain -> step -> value
  let points = 0, cut = false;

  const head = h('div', {class: 'job-head'}), bar = h('progress', {max: 1, 'aria-label': 'Progress'}), said = h('p', {class: 'said'});
  const errors = h('div');
  const plot = h('div'), gallery = h('ul', {class: 'gallery'}), curves = h('div', {class: 'curves'}), log = h('ol', {class: 'log'});
  const choice = (what, wanted) => h('select', {id: `axis-${what}`, 'data-wanted': wanted, onchange: () => drawPlot()});
  const across = choice('x', 'area'), up = choice('y', 'pscore');
  const order = h('select', {id: 'order', onchange: () => arrange()}, [['cost', 'best first'], ['new', 'newest first'], ['area', 'smallest first']].map(([value, words]) =>
    h('option', {value}, words)));
  const more = h('button', {type: 'button', hidden: true, onclick: () => {
    shown += kGallery;
    arrange();
  }}, 'Show more');
  const note = h('p', {class: 'sum'});
  const parts = {
    layouts: h('section', {hidden: true, 'aria-labelledby': 'plot-head'}, h('div', {class: 'bar-head'}, h('h2', {id: 'plot-head'}, 'Layouts'),
               labelled('across', across), labelled('up', up)), plot),
    gallery: h('section', {hidden: true, 'aria-labelledby': 'gallery-head'}, h('div', {class: 'bar-head'}, h('h2', {id: 'gallery-head'}, 'Gallery'),
               labelled('Order', order), note), gallery, more),
    curves: h('section', {hidden: true, 'aria-labelledby': 'curves-head'}, h('h2', {id: 'curves-head'}, 'Curves'), curves),
    log: h('section', {hidden: true, 'aria-labelledby': 'log-head'}, h('h2', {id: 'log-head'}, 'What it says'), log),
  };
  main.append(h('p', {class: 'way'}, h('a', {href: '#/jobs'}, 'Jobs')), h('h1', {tabindex: '-1'}, id), head,
              h('div', {class: 'progress'}, bar, said), errors, parts.curves, parts.layouts, parts.gallery, parts.log);

  function tell() {
    const living = job.state === 'running' || job.state === 'queued';
    const explore = job.spec?.explore;
    head.replaceChildren(facts([
      ['State', badge(job.state)], ['Kind', explore ? `exploration by ${explore.explorer}` : job.kind], job.circuit && [job.kind === 'train' ? 'Model' : 'Circuit', job.circuit],
      ['Library', job.library], job.spec?.flow && ['Flow', job.spec.flow],
      job.chains.total > 0 && ['Chains', `${job.chains.done} of ${job.chains.total}${job.chains.failed ? `, ${job.chains.failed} failed` : ''}`],
      job.variants > 0 && job.kind !== 'train' && ['Layouts', job.variants.toLocaleString('en')],
      job.best && ['Best', h('a', {href: link(id, job.best)}, `${keyOf(job.best)} at ${digits(job.best.cost)}`)],
      ['Created', moment(job.created_ms)], job.finished_ms > 0 && ['Took', duration(job.finished_ms - job.created_ms)]]));
    bar.value = progressOf(job, told);
    bar.hidden = said.hidden = !living;
    said.textContent = job.state === 'queued' ? 'Waits for a worker.' : `${Math.floor(100 * bar.value)} % ${message}`;
    errors.replaceChildren(...(job.error ? [problem(job.error)] : []));
  }

  function drawPlot() {
    const all = [...variants.values()].filter((v) => v.record);
    parts.layouts.hidden = all.length === 0;
    if (all.length === 0) return;
    const axes = axesOf(all);
    for (const select of [across, up]) {
      if (select.options.length === axes.size) continue;
      const wanted = select.value || select.dataset.wanted;
      select.replaceChildren(...[...axes].map(([value, axis]) => h('option', {value}, axis.label)));
      select.value = axes.has(wanted) ? wanted : 'cost';
    }
    if (!all.some((v) => Number.isFinite(axes.get(up.value).of(v.record))) && up.value === 'pscore') up.value = 'cost';
    const [x, y] = [axes.get(across.value), axes.get(up.value)];
    const focused = plot.contains(document.activeElement);
    plot.replaceChildren(scatter(all.map((v) => ({
      x: x.of(v.record), y: y.of(v.record), name: keyOf(v), variant: v,
      kind: job.best && keyOf(job.best) === keyOf(v) ? 'best' : isBroken(v.record) ? 'broken' : undefined,
    })), {xLabel: x.label, yLabel: y.label, title: `${y.label} over ${x.label}`, width: Math.max(340, main.clientWidth - 64), pick: (point) => {
      location.hash = link(id, point.variant);
    }}));
    if (focused) plot.querySelector('svg')?.focus();
  }

  function card(variant) {
    const record = variant.record ?? {};
    const best = job.best && keyOf(job.best) === keyOf(variant);
    const place = h('li', {class: best ? 'best' : false},
                    h('a', {href: link(id, variant)}, picture(variant, files, 260, 180),
                      h('span', {class: 'name'}, keyOf(variant), best ? h('span', {class: 'badge best'}, 'best') : null,
                        isBroken(record) ? h('span', {class: 'badge broken'}, 'broken') : null),
                      h('span', {class: 'figures'}, [typeof record.pscore_V === 'number' ? quantity(record.pscore_V, 'V') : null,
                        record.area_um2 ? quantity(record.area_um2, 'µm²') : null].filter(Boolean).join(' · '))));
    return place;
  }

  const cards = new Map();
  function arrange() {
    const all = [...variants.values()];
    const figure = {cost: (v) => v.record?.cost ?? Infinity, area: (v) => v.record?.area_um2 ?? Infinity, new: () => 0}[order.value];
    if (order.value === 'new') all.reverse();
    else all.sort((a, b) => figure(a) - figure(b));
    parts.gallery.hidden = all.length === 0;
    const best = job.best ? keyOf(job.best) : '';
    const now = all.slice(0, shown).map((variant) => {
      const key = keyOf(variant);
      let kept = cards.get(key);
      if (!kept || kept.best !== (key === best)) cards.set(key, kept = {best: key === best, card: card(variant)});
      return kept.card;
    });
    if (now.length !== gallery.children.length || now.some((one, i) => gallery.children[i] !== one)) {
      const focused = document.activeElement;
      gallery.replaceChildren(...now);
      if (gallery.contains(focused)) focused.focus();
    }
    more.hidden = all.length <= shown;
    note.textContent = count(all.length, 'layout') + (cut ? `; the first ${kMostVariants.toLocaleString('en')} are shown, \`ptah variants ${id}\` lists all` : '');
  }

  function addVariant(variant) {
    if (variants.size >= kMostVariants) {
      cut = true;
      return;
    }
    if (variant.files?.some((file) => file.role === 'gds') || variant.record?.cost !== undefined) variants.set(keyOf(variant), {...variant, job: id});
  }

  function addMetric({chain, name, step, value}) {
    if (++points > kMostPoints) return;
    if (!metrics.has(name)) metrics.set(name, new Map());
    const chains = metrics.get(name);
    if (!chains.has(chain)) chains.set(chain, new Map());
    chains.get(chain).set(step, value);
  }

  function drawCurves() {
    parts.curves.hidden = metrics.size === 0;
    curves.replaceChildren(...[...metrics].map(([name, chains]) => lines(
      [...chains].slice(0, kMostCurves).map(([chain, steps]) => ({
        name: chains.size > 1 ? `chain ${chain}` : name,
        points: [...steps].sort(([a], [b]) => a - b),
      })), {title: name.replaceAll('_', ' ') + (chains.size > kMostCurves ? ` (first ${kMostCurves} of ${chains.size} chains)` : ''), yLabel: name})));
  }

  function addLog(event) {
    if (event.level === 'debug') return;
    parts.log.hidden = false;
    log.append(h('li', {class: event.level}, h('span', {class: 'badge'}, event.level), ` ${event.message}`));
    while (log.children.length > kMostLog) log.firstChild.remove();
  }

  // Much may come at once: what is seen is drawn twice a second.
  let dirty = new Set(), timer = 0;
  function later(what) {
    dirty.add(what);
    timer ||= setTimeout(() => {
      timer = 0;
      if (ended) return;
      if (dirty.has('head')) tell();
      if (dirty.has('variants')) {
        drawPlot();
        arrange();
      }
      if (dirty.has('curves')) drawCurves();
      dirty = new Set();
    }, 500);
  }

  function onEvent(method, params) {
    if (method === 'job.progress') {
      told = params.fraction;
      message = params.message || params.stage || '';
      if (job.state === 'queued') job.state = 'running';
      later('head');
    } else if (method === 'variant.ready') {
      if (!variants.has(`${params.chain}/${params.variant}`)) {
        if (params.event > job.last_event) job.variants += 1;
        if (params.cut) connection.call('variant.get', {job: id, chain: params.chain, variant: params.variant}).then((v) => {
          addVariant(v);
          later('variants');
        }, () => {});
        else addVariant(params);
      }
      if (params.best && params.record) job.best = {chain: params.chain, variant: params.variant, cost: params.record.cost};
      later('head');
      later('variants');
    } else if (method === 'job.metric') {
      addMetric(params);
      later('curves');
    } else if (method === 'job.log') {
      addLog(params);
    } else if (method === 'chain.finished') {
      job.chains[params.state === 'done' ? 'done' : 'failed'] += 1;
      later('head');
    } else if (method === 'job.finished') {
      announce(`Job ${id}: ${params.state}`);
      connection.call('job.get', {job: id}).then((now) => {
        job = now;
        later('head');
        later('variants');
      }, () => {});
    }
  }

  async function load() {
    job = await connection.call('job.get', {job: id});
    if (ended) return;
    tell();
    end = connection.follow(id, job.last_event, onEvent);
    for (let after = 0, name = null; ;) {
      const page = await connection.call('variant.list', {job: id, limit: 200, after});
      page.variants.forEach(addVariant);
      if (ended) return;
      if (page.variants.length && drawn++ % 4 === 0) later('variants');
      after = page.next;
      if (!after || variants.size >= kMostVariants) {
        cut ||= Boolean(after);
        break;
      }
    }
    drawPlot();
    arrange();
    for (let after = null; ;) {
      const page = await connection.call('job.metrics', {job: id, ...(after ? {after} : {})});
      page.metrics.forEach(addMetric);
      after = page.next;
      if (!after || points > kMostPoints || ended) break;
    }
    drawCurves();
    // What it said before: the last of it.
    for (let after = Math.max(0, job.last_event - 2000); ;) {
      const page = await connection.call('job.events', {job: id, after, limit: 1000});
      page.events.filter((event) => event.method === 'job.log').forEach((event) => addLog(event.params));
      if (!page.more || page.events.length === 0 || ended) break;
      after = page.events.at(-1).event;
      if (after >= job.last_event) break;
    }
  }

  load().catch((error) => errors.replaceChildren(problem(error)));
  return () => {
    ended = true;
    clearTimeout(timer);
    end();
  };
}

function download(files, file) {
  const name = file.dataset ? file.dataset.split('/').at(-1) : `${file.role}-${file.hash.slice(0, 10)}`;
  const button = h('button', {type: 'button', class: 'plain', onclick: async () => {
    button.disabled = true;
    try {
      const url = URL.createObjectURL(new Blob([await files.read(file.hash)]));
      h('a', {href: url, download: name}).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    } catch (error) {
      button.after(problem(error));
    }
    button.disabled = false;
  }}, name);
  return button;
}

export function variantView({connection, files, main}, id, chain, variant) {
  let url = '', ended = false;
  main.append(h('p', {class: 'way'}, h('a', {href: '#/jobs'}, 'Jobs'), ' / ', h('a', {href: `#/job/${encodeURIComponent(id)}`}, id)),
              h('h1', {tabindex: '-1'}, `Layout ${chain}/${variant}`));
  const body = h('div');
  main.append(body);

  async function load() {
    const shown = await connection.call('variant.get', {job: id, chain: Number(chain), variant: Number(variant)});
    if (ended) return;
    const record = shown.record ?? {};
    const verdicts = [...Object.entries(record.drc ?? {}).map(([plugin, errors]) => [plugin, errors === 0 ? 'clean' : count(errors, 'violation')]),
                      ...Object.entries(record.lvs ?? {})];
    body.append(h('div', {class: 'beside'},
      h('section', {'aria-label': 'Drawing'}, picture({...shown, job: id}, files, 900, 620)),
      h('section', {'aria-label': 'Figures'}, facts([
        ['Verdict', h('span', {}, badge(isBroken(record) ? 'broken' : 'clean'), shown.best ? badge('best') : null)],
        typeof record.pscore_V === 'number' && ['pscore', quantity(record.pscore_V, 'V')],
        typeof record.cost === 'number' && ['Cost', `${digits(record.cost)} (${record.objective ?? 'objective'})`],
        record.area_um2 && ['Area', quantity(record.area_um2, 'µm²')],
        record.outline_um && ['Outline', `${digits(record.outline_um[0])} × ${digits(record.outline_um[1])} µm`],
        record.wirelength_um && ['Wire length', quantity(record.wirelength_um, 'µm')], record.hpwl_um && ['HPWL', quantity(record.hpwl_um, 'µm')],
        ['Judged', record.judged ? 'signed off by the judges' : 'by the checks alone'],
        ...verdicts,
        record.fingers && ['Fingers', Object.entries(record.fingers).map(([d, n]) => `${d} ${n}`).join(', ')]]))));
    const measures = Object.entries(record.measures ?? {});
    if (measures.length) {
      // The baseline's record has those of the schematic, for all of its chain.
      let schematic = record.measures_schematic;
      if (!schematic && shown.variant !== 0)
        schematic = await connection.call('variant.get', {job: id, chain: shown.chain, variant: 0}).then((v) => v.record?.measures_schematic, () => null);
      if (ended) return;
      body.append(h('section', {}, h('h2', {}, 'Measures'), table('Measures', [
        {head: 'Measure', cell: ([name]) => name.replaceAll('_', ' ')},
        {head: 'Layout', number: true, cell: ([, m]) => m.reason ?? quantity(m.value, m.unit)},
        {head: 'Schematic', number: true, cell: ([name]) => {
          const m = schematic?.[name];
          return m ? m.reason ?? quantity(m.value, m.unit) : '–';
        }},
      ], measures, '')));
    }
    if (record.specs?.length) {
      body.append(h('section', {}, h('h2', {}, 'Specifications'), table('Specifications', [
        {head: 'Specification', cell: (spec) => spec.spec}, {head: 'Value', number: true, cell: (spec) => digits(spec.value)},
        {head: 'Met', cell: (spec) => badge(spec.met ? 'met' : 'broken')}], record.specs, '')));
    }
    const bode = fileOf(shown, 'bode');
    if (bode) {
      const bytes = await files.read(bode.hash);
      if (ended) return;
      url = URL.createObjectURL(new Blob([bytes], {type: 'image/svg+xml'}));
      body.append(h('section', {}, h('h2', {}, 'Before and after layout'), h('img', {class: 'paper', src: url, alt: 'Bode plot of schematic and layout'})));
    }
    body.append(h('section', {}, h('h2', {}, 'Files'), table('Files', [
      {head: 'Name', cell: (file) => download(files, file)}, {head: 'Role', cell: (file) => file.role},
      {head: 'Bytes', number: true, cell: (file) => file.size.toLocaleString('en')}, {head: 'SHA-256', cell: (file) => shortHash(file.hash)},
    ], shown.files, 'It has no files.')));
  }
  load().catch((error) => body.append(problem(error)));
  return () => {
    ended = true;
    if (url) URL.revokeObjectURL(url);
  };
}
