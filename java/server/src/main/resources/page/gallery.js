import {$, el} from './dom.js';
import * as store from './store.js';

/**
 * Pictures that were made, newest first, as the browser keeps them: `{key, made, blob, settings, seed, width, height,
 * source, mask, facts}`.
 */
export class Gallery {
  #pictures = [];
  #addresses = new Map();
  #open;

  /** @param open what to do with a picture that is chosen */
  constructor(open) {
    this.#open = open;
    $('gallery').addEventListener('keydown', event => this.#move(event));
  }

  /** Shows what is kept. */
  async load() {
    this.#pictures = (await store.all('pictures')).sort((a, b) => b.made - a.made || (a.key < b.key ? 1 : -1));
    $('gallery').replaceChildren(...this.#pictures.map(picture => this.#item(picture)));
    this.#count();
  }

  /** Keeps pictures and shows them; the oldest go when there are too many. */
  async add(pictures) {
    for (const picture of pictures) {
      if (this.#pictures.some(each => each.key === picture.key)) {
        continue; // two tabs watched one job
      }
      await store.put('pictures', picture);
      this.#pictures.unshift(picture);
      $('gallery').prepend(this.#item(picture));
    }
    while (this.#pictures.length > store.MOST) {
      await this.remove(this.#pictures.at(-1));
    }
    this.#count();
  }

  async remove(picture) {
    await store.remove('pictures', picture.key);
    const at = this.#pictures.indexOf(picture);
    this.#pictures.splice(at, 1);
    $('gallery').children[at].remove();
    URL.revokeObjectURL(this.#addresses.get(picture.key));
    this.#addresses.delete(picture.key);
    this.#count();
  }

  /** A picture's address within the page. */
  address(picture) {
    if (!this.#addresses.has(picture.key)) {
      this.#addresses.set(picture.key, URL.createObjectURL(picture.blob));
    }
    return this.#addresses.get(picture.key);
  }

  /** The one that many places further; undefined at the ends. */
  beside(picture, places) {
    return this.#pictures[this.#pictures.indexOf(picture) + places];
  }

  /** Puts the focus on a picture, or on the newest. */
  focus(picture) {
    const at = Math.max(0, this.#pictures.indexOf(picture));
    this.#focus($('gallery').querySelectorAll('button')[at]);
  }

  #item(picture) {
    const words = picture.settings.prompt || 'without a prompt';
    const button = el('button', {type: 'button', tabIndex: -1},
        el('img', {src: this.address(picture), alt: '', loading: 'lazy'}),
        el('span', {className: 'caption'}, words));
    button.ariaLabel = `${words}, seed ${picture.seed}`;
    button.addEventListener('click', () => this.#open(picture));
    return el('li', {}, button);
  }

  #count() {
    const count = this.#pictures.length;
    $('kept').textContent = count === 0 ? '' : `${count} ${count === 1 ? 'picture' : 'pictures'}`;
    const first = $('gallery').querySelector('button');
    if (first && !$('gallery').querySelector('button[tabindex="0"]')) {
      first.tabIndex = 0;
    }
  }

  /** One tab stop for all; the arrow keys go on from there. */
  #move(event) {
    const buttons = [...$('gallery').querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement);
    const columns = getComputedStyle($('gallery')).gridTemplateColumns.split(' ').length;
    const to = {ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns, Home: 0,
      End: buttons.length - 1}[event.key];
    if (event.key === 'Delete' && at >= 0) {
      event.preventDefault();
      this.remove(this.#pictures[at]).then(() => this.#focus(
          buttons[at + 1] ?? buttons[at - 1]));
    } else if (to !== undefined) {
      event.preventDefault();
      this.#focus(buttons[to]);
    }
  }

  #focus(button) {
    if (button) {
      $('gallery').querySelectorAll('button[tabindex="0"]').forEach(each => {
        each.tabIndex = -1;
      });
      button.tabIndex = 0;
      button.focus();
    }
  }
}
