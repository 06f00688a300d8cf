/** An element of the page by its id. */
export const $ = id => document.getElementById(id);

/**
 * A new element. Texts are set as texts, never as markup, so that nothing that a picture or a server says becomes part
 * of the page.
 */
export function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) {
      made[key] = value;
    } else {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

/** One of the symbols that stand in the page. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Tells readers of screens; a text said twice is read twice. */
export function say(text) {
  $('say').textContent = '';
  setTimeout(() => {
    $('say').textContent = text;
  }, 50);
}
