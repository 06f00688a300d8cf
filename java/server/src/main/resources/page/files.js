import {$} from './dom.js';

/**
 * Files that are dropped, pasted or chosen: on the place for it, a picture to begin with; anywhere else, one whose
 * parameters are read.
 */
export function files({begin, read}) {
  const over = $('over');
  const isPicture = event => [...event.dataTransfer?.items ?? []].some(item => item.kind === 'file');
  const isSource = event => event.target instanceof Element && event.target.closest('#from-picture') !== null;

  addEventListener('dragover', event => {
    if (isPicture(event)) {
      event.preventDefault();
      over.hidden = false;
      over.firstElementChild.textContent =
          isSource(event) ? 'Drop the picture to begin with it' : 'Drop a picture to read its parameters';
    }
  });
  addEventListener('dragleave', event => {
    if (event.relatedTarget === null) {
      over.hidden = true;
    }
  });
  addEventListener('drop', event => {
    over.hidden = true;
    const [file] = event.dataTransfer?.files ?? [];
    if (file) {
      event.preventDefault();
      (isSource(event) ? begin : read)(file);
    }
  });
  addEventListener('paste', event => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) {
      event.preventDefault();
      begin(file);
    }
  });
  $('read').addEventListener('click', () => $('read-file').click());
  $('read-file').addEventListener('change', () => {
    const [file] = $('read-file').files;
    $('read-file').value = '';
    if (file) {
      read(file);
    }
  });
}
