"""What a page must keep to, asked of the page itself in a real browser."""

from typing import Any

from playwright.async_api import Page

AUDIT = r"""
() => {
  const complaints = [];
  const say = (text, element) => complaints.push(text + (element ? ': ' + element.outerHTML.slice(0, 160) : ''));
  const seen = element => element.checkVisibility() && element.getClientRects().length > 0;

  // The frame of the page.
  if (!document.documentElement.lang) say('the page has no language');
  if (!document.title.trim()) say('the page has no title');
  for (const landmark of ['header', 'nav', 'main', 'footer'])
    if (!document.querySelector(landmark)) say('there is no ' + landmark);
  const skip = document.querySelector('a.skip');
  if (!skip || !document.querySelector(skip.getAttribute('href'))) say('the skip link leads nowhere');
  const ids = [...document.querySelectorAll('[id]')].map(each => each.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) say('twice the same id ' + id);

  // Headings: one h1, and no level left out on the way down.
  const levels = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1]));
  if (levels.filter(level => level === 1).length !== 1) say('there is not just one h1');
  levels.forEach((level, index) => {
    if (index && level > levels[index - 1] + 1) say('a heading of level ' + level + ' follows ' + levels[index - 1]);
  });

  // Everything that can be used has a name, and is large enough for a finger.
  for (const field of document.querySelectorAll('input:not([type=hidden]), textarea, select'))
    if (!field.labels.length && !field.ariaLabel) say('a field without a label', field);
  for (const control of document.querySelectorAll('a, button, summary'))
    if (!control.textContent.trim() && !control.ariaLabel) say('a control without a name', control);
  const touched = '.button, .choice, input:not([type=hidden], [type=radio], [type=checkbox])';
  for (const control of document.querySelectorAll(touched))
    if (seen(control) && control.getBoundingClientRect().height < 43) say('too small for a finger', control);
  for (const picture of document.querySelectorAll('svg'))
    if (!picture.closest('[aria-hidden=true]') && !picture.ariaLabel) say('a picture without words', picture);
  for (const reference of document.querySelectorAll('[aria-labelledby], [aria-describedby]'))
    for (const name of ['aria-labelledby', 'aria-describedby'])
      for (const id of (reference.getAttribute(name) || '').split(' ').filter(Boolean))
        if (!document.getElementById(id)) say(name + ' leads nowhere', reference);
  for (const time of document.querySelectorAll('time'))
    if (isNaN(Date.parse(time.dateTime))) say('a time that no machine can read', time);

  // Nothing sticks out at the side.
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth) say('the page scrolls sideways by ' + (root.scrollWidth - root.clientWidth));

  // Contrast of every text that is seen, against what really lies under it (WCAG 2.2, 1.4.3).
  const channels = colour => colour.match(/[\d.]+/g).map(Number);
  const linear = c => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const under = element => {
    for (let each = element; each; each = each.parentElement) {
      const [r, g, b, alpha = 1] = channels(getComputedStyle(each).backgroundColor);
      if (alpha > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(element) || element.closest('.unseen, .skip')) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(channels(style.color)), light(under(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const pair = style.color + element.className;
    if (ratio < (large ? 3 : 4.5) && !told.has(pair)) say('contrast of only ' + ratio.toFixed(2), element);
    told.add(pair);
  }
  return complaints;
}
"""


async def complaints(page: Page) -> list[str]:
    """What is wrong with the page as it is now."""
    found: Any = await page.evaluate(AUDIT)
    return [str(each) for each in found]
