import {$, el} from './dom.js';

/** One picture, large, with its parameters and what can be done with it. */
export class Viewer {
  #dialog = $('viewer');
  #keys = {};

  /** @param closed called whenever it has been closed */
  constructor(closed) {
    this.#dialog.addEventListener('close', closed);
    this.#dialog.querySelector('.close').addEventListener('click', () => this.close());
    this.#dialog.addEventListener('click', event => {
      if (event.target === this.#dialog) { // its ground
        this.close();
      }
    });
    this.#dialog.addEventListener('keydown', event => {
      if (this.#keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        this.#keys[event.key]();
      }
    });
  }

  /**
   * @param title above the parameters
   * @param address of the picture
   * @param facts [[name, text, is it long]] in their order
   * @param acts [{text, act, kind, key, address, name}] as buttons, the first the most important; with an address a
   *   link that saves it under the name
   * @param keys further keys and what they do
   */
  show({title, address, alt, facts, acts, keys = {}}) {
    this.#dialog.querySelector('.shown').replaceChildren(el('img', {src: address, alt}));
    this.#dialog.querySelector('h2').textContent = title;
    this.#dialog.querySelector('dl').replaceChildren(...facts.flatMap(([name, text, long]) => [
      el('dt', {className: long ? 'long' : ''}, name), el('dd', {className: long ? 'long' : ''}, text)]));
    this.#dialog.querySelector('.acts').replaceChildren(...acts.map(button));
    this.#keys = {...keys};
    for (const act of acts.filter(each => each.key)) {
      this.#keys[act.key] = act.act;
    }
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
    this.#dialog.querySelector('h2').focus();
  }

  close() {
    this.#dialog.close();
  }
}

function button({text, act, kind = '', address, name}) {
  if (address) {
    return el('a', {className: 'button', href: address, download: name}, text);
  }
  const made = el('button', {type: 'button', className: kind}, text);
  made.addEventListener('click', act);
  return made;
}
