import {$} from './dom.js';

/** Keys that work anywhere; those of one part of the page stand with that part. */
export function keys({generate, cancel, gallery, running}) {
  $('keys').addEventListener('click', () => $('help').showModal());
  $('help').querySelector('.close').addEventListener('click', () => $('help').close());

  addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      generate();
      return;
    }
    if (document.querySelector('dialog[open]') || event.ctrlKey || event.metaKey || event.altKey) {
      return; // a dialog closes by itself with Escape
    }
    if (event.key === 'Escape' && running()) {
      event.preventDefault();
      cancel();
      return;
    }
    const brush = {'[': -4, ']': 4}[event.key];
    if (isWriting(event.target)) {
      return;
    }
    if (brush && !$('editor').hidden) {
      $('brush').value = Number($('brush').value) + brush;
      $('brush').dispatchEvent(new Event('input', {bubbles: true}));
    } else if (event.key === '/') {
      $('prompt').focus();
    } else if (event.key === 'g') {
      gallery();
    } else if (event.key === '?') {
      $('help').showModal();
    } else {
      return;
    }
    event.preventDefault();
  });
}

const isWriting = target => target.matches('textarea, select, input:not([type="range"], [type="checkbox"])');
