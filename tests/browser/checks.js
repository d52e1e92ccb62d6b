// Essential checks of an open page. Each returns what it found wrong, as texts; nothing found is an empty list.
({
  // WCAG 2.2, 1.4.3: text against what lies behind it, 4.5 to 1, or 3 to 1 where it is large.
  lowContrast: () => {
    const parse = text => (text.match(/[\d.]+/g) || []).map(Number);
    const over = (top, below) => [0, 1, 2].map(i => top[i] * (top[3] ?? 1) + below[i] * (1 - (top[3] ?? 1)));
    const light = rgb => {
      const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const grounds = new Map([[null, [255, 255, 255]]]);
    const ground = node => {
      if (!grounds.has(node))
        grounds.set(node, over(parse(getComputedStyle(node).backgroundColor), ground(node.parentElement)));
      return grounds.get(node);
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !node.getClientRects().length || node.closest('title, desc')) continue;
      const style = getComputedStyle(node);
      const below = ground(node);
      const ink = over(parse(node.closest('svg') ? style.fill : style.color), below);
      const [a, b] = [light(ink), light(below)].sort((x, y) => y - x);
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
    }
    return found;
  },

  // Labels of a chart that lie on each other or stick out of it.
  overlaps: () => [...document.querySelectorAll('svg.chart')].flatMap(chart => {
    const frame = chart.getBoundingClientRect();
    const labels = [...chart.querySelectorAll('text')].filter(t => t.getClientRects().length)
      .map(t => [t.textContent, t.getBoundingClientRect()]);
    const out = labels.filter(([, r]) => r.left < frame.left - 1 || r.right > frame.right + 1).map(([t]) => `${t} sticks out`);
    const hit = ([t, a], [u, b]) => a.left < b.right && b.left < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
    labels.forEach((a, i) => labels.slice(i + 1).forEach(b => hit(a, b) && out.push(`${a[0]} over ${b[0]}`)));
    return out;
  }),

  // What a screen reader or a keyboard could not find or name.
  unnamed: () => {
    const out = [];
    const say = (e, why) => out.push(`<${e.tagName.toLowerCase()} class="${e.getAttribute('class') || ''}"> ${why}`);
    const text = ids => ids.split(' ').map(id => document.getElementById(id)?.textContent.trim() || '').join(' ').trim();
    const name = e => e.getAttribute('aria-label') || text(e.getAttribute('aria-labelledby') || '') || '';
    for (const e of document.querySelectorAll('a')) if (!e.textContent.trim()) say(e, 'has no text');
    for (const e of document.querySelectorAll('[role=img], [role=region], nav, section')) if (!name(e) && e.className !== 'columns'
      && e.className !== 'notice') say(e, 'has no name');
    for (const e of document.querySelectorAll('main table')) {
      if (e.closest('.notebook')) continue;
      if (!e.caption?.textContent.trim()) say(e, 'has no caption');
      if (!e.querySelector('tbody th[scope=row]')) say(e, 'has no row header');
      for (const h of e.querySelectorAll('th')) if (!h.scope) say(h, 'has no scope');
      for (const h of e.querySelectorAll('thead th')) if (!h.textContent.trim()) say(h, 'is empty');
    }
    for (const e of document.querySelectorAll('*')) {
      const box = getComputedStyle(e).overflowX;
      if ((box === 'auto' || box === 'scroll') && e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0) say(e, 'scrolls out of reach of a keyboard');
    }
    if (document.querySelectorAll('main').length !== 1) say(document.body, 'has not one main');
    return out;
  },

  // What lies beyond the right edge of a sheet, which cannot be scrolled.
  cutOff: () => [...document.querySelectorAll('main *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => e.outerHTML.slice(0, 80)),
})
