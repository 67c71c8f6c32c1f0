// Models and plugins.
import {badge, count, digits, h, labelled, moment, problem, shortHash, table} from '/dom.js';

const kMostModels = 2000;

export function modelsView({connection, main}) {
  let ended = false;
  const body = h('div', {}, h('p', {class: 'empty'}, 'Reading…'));
  const library = h('input', {id: 'library', value: 'work', autocomplete: 'off', spellcheck: 'false', onchange: () => load()});
  main.append(h('h1', {tabindex: '-1'}, 'Models'), h('form', {class: 'filters', onsubmit: (e) => e.preventDefault()},
                                                     labelled('Library', library)), body);

  // The figures of a validation say most.
  const figures = (metrics) => Object.entries(metrics ?? {}).filter(([, v]) => typeof v === 'number')
    .sort(([a], [b]) => b.startsWith('validation') - a.startsWith('validation')).slice(0, 3)
    .map(([name, v]) => h('div', {}, `${name.replaceAll('_', ' ')} ${digits(v)}`));

  async function load() {
    try {
      const models = [];
      for (let after = null; models.length < kMostModels;) {
        const page = await connection.call('model.list', {library: library.value.trim() || 'work', limit: 200, ...(after ? {after} : {})});
        models.push(...page.models);
        after = page.next;
        if (!after) break;
      }
      if (ended) return;
      body.replaceChildren(table('Models', [
        {head: 'Model', cell: (m) => [h('span', {class: 'name'}, `${m.name}@${m.version}`), ' ', m.used ? badge('used') : '', m.shipped ? h('span', {class: 'badge'}, 'came with Ptah') : '']},
        {head: 'Predicts', cell: (m) => m.record.label ?? ''},
        {head: 'By', cell: (m) => m.record.trainer ?? (m.record.imported ? 'imported' : '')},
        {head: 'Validation', cell: (m) => figures(m.record.metrics)},
        {head: 'Learnt from', cell: (m) => (m.record.dataset?.layouts ? count(m.record.dataset.layouts, 'layout') : '')},
        {head: 'Made', cell: (m) => moment(m.created_ms)},
        {head: 'Job', cell: (m) => (m.shipped ? '' : h('a', {href: `#/job/${encodeURIComponent(m.job)}`}, m.job))},
      ], models, 'This library has no models. `ptah train NAME JOB` makes one.'));
    } catch (error) {
      if (!ended) body.replaceChildren(problem(error));
    }
  }
  const changed = ({detail}) => detail.method === 'model.changed' && load();
  connection.addEventListener('notification', changed);
  load();
  return () => {
    ended = true;
    connection.removeEventListener('notification', changed);
  };
}

export function pluginsView({connection, main}) {
  let ended = false;
  const body = h('div', {}, h('p', {class: 'empty'}, 'Reading…'));
  main.append(h('h1', {tabindex: '-1'}, 'Plugins'), body);
  connection.call('plugin.list').then(({plugins, generation, directories}) => {
    if (ended) return;
    const kinds = Map.groupBy ? Map.groupBy(plugins, (p) => p.kind) : plugins.reduce((map, p) => map.set(p.kind, [...(map.get(p.kind) ?? []), p]), new Map());
    body.replaceChildren(
      h('p', {class: 'sum'}, `Set ${generation}: ${count(plugins.filter((p) => p.state === 'ready').length, 'plugin')} ready of ${plugins.length}, from ${directories.join(', ')}`),
      ...[...kinds].sort(([a], [b]) => a.localeCompare(b)).map(([kind, all]) => h('section', {}, h('h2', {}, kind.replaceAll('_', ' ')), table(kind, [
        {head: 'Name', cell: (p) => p.name}, {head: 'Version', cell: (p) => p.version},
        {head: 'State', cell: (p) => [badge(p.state), p.reason ? h('p', {class: 'said'}, p.reason) : '']},
        {head: 'What it does', cell: (p) => p.description}, {head: 'SHA-256', cell: (p) => shortHash(p.hash)},
      ], all, ''))));
    if (plugins.length === 0) body.append(h('p', {class: 'empty'}, 'The daemon has no plugins: `plugin_dirs` of its configuration names their folders.'));
  }, (error) => !ended && body.replaceChildren(problem(error)));
  return () => {
    ended = true;
  };
}
