// What the tests' own hands and eyes are in a page. Each evaluation runs all of it and then calls one function.
const squeeze = (s) => (s || '').replace(/[\s\u200b]+/g, ' ').trim();
const shown = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;

// names are what an element may be called: what is seen, that without what only screen readers say, its label.
function names(el) {
  const seen = el.cloneNode(true);
  seen.querySelectorAll('.govuk-visually-hidden, [hidden], script').forEach((x) => x.remove());
  const labelled = (el.getAttribute('aria-labelledby') || '').split(' ').map((id) => id && document.getElementById(id)?.textContent).join(' ');
  return [el.innerText, seen.textContent, el.textContent, el.getAttribute('aria-label'), labelled, el.matches('input') ? el.value : ''].map(squeeze).filter(Boolean);
}
const called = (el, text) => names(el).includes(squeeze(text));

const containers = 'tr, li, section, article, aside, nav, header, footer, main, fieldset, form, details, dl, table, [role=region], .govuk-summary-card, .govuk-summary-list__row, .govuk-inset-text, .govuk-form-group, .kith-card';

// within is the smallest part of the page that holds the texts, each in the part before.
function within(texts) {
  let root = document.body;
  for (const text of texts) {
    const holds = [...root.querySelectorAll(containers)].filter((el) => shown(el) && (squeeze(el.innerText).includes(squeeze(text)) || squeeze(el.textContent).includes(squeeze(text)) || called(el, text)));
    const smallest = holds.filter((el) => !holds.some((other) => other !== el && el.contains(other)));
    if (smallest.length !== 1) throw new Error(`${smallest.length} parts of the page hold "${text}"`);
    root = smallest[0];
  }
  return root;
}

function one(found, what, all) {
  if (found.length === 1) return found[0];
  const there = [...new Set(all.map((el) => names(el)[0]).filter(Boolean))].map((s) => s.slice(0, 60));
  throw new Error(found.length === 0 ? `there is no ${what}; there are: ${there.join(' | ')}` : `there are ${found.length} of ${what}`);
}

const pressables = 'a[href], button, summary, input[type=submit], input[type=button], [role=button], [role=tab]';

function pressable(texts, text) {
  const all = [...within(texts).querySelectorAll(pressables)].filter((el) => shown(el) && !el.disabled);
  let found = all.filter((el) => called(el, text));
  // Links to one place are one.
  if (found.length > 1 && found.every((el) => el.href && el.href === found[0].href)) found = found.slice(0, 1);
  return one(found, `link or button "${text}"`, all);
}

// leads says whether pressing gives another page, a new tab, or changes this page.
function leads(el, scripts) {
  const moves = (x) => scripts && [...x.attributes].some((a) => /^(data-)?hx-(get|post|put|patch|delete|boost)$/.test(a.name));
  if (scripts && el.closest('[hx-boost=true]')) return 'here';
  const link = el.closest('a[href]');
  if (link) {
    if (moves(link) || link.hasAttribute('download')) return 'here';
    if (link.target === '_blank') return 'new';
    const to = new URL(link.href);
    if (!/^https?:$/.test(to.protocol)) return 'here';
    return to.hash && to.href.split('#')[0] === location.href.split('#')[0] ? 'here' : 'page';
  }
  const button = el.closest('button, input');
  const form = button?.form;
  if (!form || (button.localName === 'button' && button.type !== 'submit') || /^(checkbox|radio|button)$/.test(button.type)) return 'here';
  if (moves(form) || moves(button) || form.method === 'dialog') return 'here';
  if (button.type !== 'submit' && ![...form.elements].some((x) => x.type === 'submit')) return 'here';
  return form.target === '_blank' ? 'new' : 'page';
}

// spot brings an element into sight and says where to press it.
function spot(el, scripts) {
  el.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
  const box = [...el.getClientRects()].find((r) => r.width > 0 && r.height > 0) || el.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2;
  const top = document.elementFromPoint(x, y);
  if (top && !el.contains(top) && !top.contains(el) && !(el.control === top) && !(top.closest('label')?.control === el)) {
    throw new Error(`"${names(el)[0]}" is covered by ${top.outerHTML.slice(0, 120)}`);
  }
  return { x, y, leads: leads(el, scripts) };
}

const press = (texts, text, scripts) => spot(pressable(texts, text), scripts);
const pressValue = (name, value, scripts) => {
  const found = [...document.querySelectorAll(`button[name="${name}"]`)].filter((el) => el.value === value);
  if (!found.length) throw new Error(`there is no button ${name}=${value}`);
  return spot(found[0], scripts);
};

function field(texts, label, kind) {
  const root = within(texts);
  const fields = [...root.querySelectorAll(kind)].filter((el) => el.type !== 'hidden');
  const labels = (el) => [...(el.labels || [])];
  const found = fields.filter((el) => labels(el).some((l) => called(l, label)) || called(el, label) && !el.labels?.length);
  const el = one(found, `field "${label}"`, fields.flatMap((f) => (labels(f).length ? labels(f) : [f])));
  if (!shown(el) && !labels(el).some(shown)) throw new Error(`the field "${label}" is hidden`);
  return el;
}

const lines = 'input:not([type=radio]):not([type=checkbox]):not([type=submit]):not([type=button]), textarea';

function reach(texts, label) {
  const el = field(texts, label, lines);
  el.scrollIntoView({ block: 'center', behavior: 'instant' });
  el.focus();
  if (document.activeElement !== el) throw new Error(`the field "${label}" takes no focus`);
  if (/^(date|time|datetime-local|month|week|number|range)$/.test(el.type)) return el.type;
  el.select();
  return 'text';
}

function set(el, value) {
  el.value = value;
  el.dispatchEvent(new Event('input', { bubbles: true }));
  el.dispatchEvent(new Event('change', { bubbles: true }));
  return el.value;
}

const put = (texts, label, value) => set(field(texts, label, lines), value);
const value = (texts, label) => field(texts, label, lines + ', select').value;

function choice(texts, label) {
  const el = field(texts, label, 'input[type=radio], input[type=checkbox]');
  return { checked: el.checked, ...spot([...el.labels].find(shown) || el, false) };
}
const chosen = (texts, label) => field(texts, label, 'input[type=radio], input[type=checkbox]').checked;

function pick(texts, label, option) {
  const el = field(texts, label, 'select');
  const o = one([...el.options].filter((x) => squeeze(x.text) === squeeze(option)), `choice "${option}"`, [...el.options]);
  return set(el, o.value) === o.value;
}

const says = (texts) => squeeze(within(texts).innerText);
const headings = () => [...document.querySelectorAll('h1')].map((h) => squeeze(h.innerText));

// focused is what a person at the keyboard is at.
function focused() {
  const el = document.activeElement;
  if (!el || el === document.body) return '';
  return squeeze(el.labels?.[0]?.innerText) || names(el)[0] || el.id || el.tagName.toLowerCase();
}
const space = (scripts) => (document.activeElement?.matches('button, input[type=submit]') ? leads(document.activeElement, scripts) : 'here');
const enter = (scripts) => (document.activeElement && document.activeElement.tagName !== 'TEXTAREA' && document.activeElement !== document.body ? leads(document.activeElement, scripts) : 'here');

// frame is what every page has to be, besides what axe finds.
function frame(width) {
  const problems = [];
  const page = document.scrollingElement;
  if (width <= 400 && page.scrollWidth > width) {
    const wide = [...document.querySelectorAll('body *')].filter((el) => shown(el) && el.getBoundingClientRect().right > width + 1 && !el.closest('.kith-table-scroll'));
    problems.push(`the page is ${page.scrollWidth} px wide, more than ${width}: ${wide.slice(0, 3).map((el) => el.outerHTML.slice(0, 100)).join(' | ')}`);
  }
  if (document.querySelectorAll('h1').length !== 1) problems.push(`there are ${document.querySelectorAll('h1').length} first headings`);
  if (!document.title.trim()) problems.push('the page has no title');
  const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
  if (twice.length) problems.push(`ids are there twice: ${[...new Set(twice)].join(', ')}`);
  return problems;
}

const busy = () => document.readyState !== 'complete' || !!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added');
const state = () => location.pathname + '\n' + document.documentElement.outerHTML;

async function axed(tags) {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] });
  return found.violations.map((v) => `${v.id}: ${v.help}\n` + v.nodes.slice(0, 4).map((n) => `    ${n.target.join(' ')}\n      ${(n.failureSummary || '').replace(/\s+/g, ' ')}\n      ${n.html.slice(0, 160)}`).join('\n'));
}
