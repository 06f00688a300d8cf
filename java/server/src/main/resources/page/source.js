import {$, say} from './dom.js';
import {Paint} from './paint.js';

/** Pixels of the longer side that are painted on; the mask is scaled with the picture. */
const LONGEST = 1024;

/** The picture to begin with, and what of it is to be made anew. */
export class Source {
  #picture = null; // an ImageBitmap
  #paint = null;
  #at = {x: 0, y: 0}; // of the brush, in the canvas's pixels
  #stroke = false;
  #canvas = $('canvas');

  constructor(chosen) {
    $('choose').addEventListener('click', () => $('file').click());
    $('file').addEventListener('change', async () => {
      const [file] = $('file').files;
      $('file').value = '';
      if (file) {
        await chosen(file);
      }
    });
    for (const [id, act] of [['undo', () => this.#paint.undo()], ['clear', () => this.#paint.clear()],
      ['invert', () => this.#paint.invert()]]) {
      $(id).addEventListener('click', () => {
        act();
        this.#draw();
      });
    }
    $('remove').addEventListener('click', () => {
      this.clear();
      $('choose').focus();
    });
    $('brush').addEventListener('input', () => this.#cursor());
    this.#pointer();
    this.#keys();
  }

  /** Whether there is a picture. */
  get isThere() {
    return this.#picture !== null;
  }

  /**
   * Shows a picture.
   *
   * @param mask as `request` gave it, or nothing
   * @throws Error if it is none
   */
  async set(blob, mask = null) {
    let picture;
    try {
      picture = await createImageBitmap(blob);
    } catch {
      throw new Error(`${blob.name ?? 'This'} is no picture that this browser can read.`);
    }
    this.#picture = picture;
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    this.#canvas.width = Math.max(1, Math.round(picture.width * scale));
    this.#canvas.height = Math.max(1, Math.round(picture.height * scale));
    this.#paint = new Paint(this.#canvas.width, this.#canvas.height);
    this.#at = {x: this.#canvas.width / 2, y: this.#canvas.height / 2};
    if (mask) {
      this.#paint.begin(await createImageBitmap(mask));
    }
    $('editor').hidden = false;
    $('choose').hidden = true;
    $('from-picture').open = true;
    // As large as there is room, so that a small picture can be painted on.
    this.#canvas.style.width = `min(100%, calc(46vh * ${picture.width / picture.height}))`;
    this.#draw();
  }

  /** Takes it away. */
  clear() {
    this.#picture = null;
    this.#paint = null;
    $('editor').hidden = true;
    $('choose').hidden = false;
  }

  /** The size of the picture in pixels. */
  get size() {
    return [this.#picture.width, this.#picture.height];
  }

  /**
   * The picture at a size, cut evenly where its shape differs, and the mask: transparent where it is to be made anew.
   *
   * @return {{image: Blob, mask: Blob | null}}
   */
  async request(width, height) {
    const image = await png(covering(this.#picture, width, height));
    if (this.#paint.isEmpty) {
      return {image, mask: null};
    }
    const mask = covering(this.#paint.canvas, width, height);
    const context = mask.getContext('2d');
    context.globalCompositeOperation = 'source-out'; // what was painted becomes a hole
    context.fillStyle = '#000';
    context.fillRect(0, 0, width, height);
    return {image, mask: await png(mask)};
  }

  #draw() {
    const context = this.#canvas.getContext('2d');
    context.globalAlpha = 1;
    context.drawImage(this.#picture, 0, 0, this.#canvas.width, this.#canvas.height);
    context.globalAlpha = 0.6;
    context.drawImage(this.#paint.canvas, 0, 0);
    this.#cursor();
  }

  /** In the canvas's pixels: the slider is a share of the shorter side. */
  get #radius() {
    return Number($('brush').value) / 200 * Math.min(this.#canvas.width, this.#canvas.height);
  }

  #cursor(shown = !$('cursor').hidden) {
    const box = this.#canvas.getBoundingClientRect();
    const easel = this.#canvas.parentElement.getBoundingClientRect();
    const scale = box.width / this.#canvas.width;
    const cursor = $('cursor');
    cursor.hidden = !shown;
    cursor.style.width = cursor.style.height = `${2 * this.#radius * scale}px`;
    cursor.style.left = `${box.left - easel.left + this.#at.x * scale}px`;
    cursor.style.top = `${box.top - easel.top + this.#at.y * scale}px`;
  }

  #put(begins) {
    this.#paint.put(this.#at, begins ? {radius: this.#radius, rub: $('rub').checked} : null);
    this.#draw();
  }

  #pointer() {
    const canvas = this.#canvas;
    const move = event => {
      const box = canvas.getBoundingClientRect();
      this.#at = {x: (event.clientX - box.left) * canvas.width / box.width,
        y: (event.clientY - box.top) * canvas.height / box.height};
      this.#cursor(true);
    };
    canvas.addEventListener('pointerdown', event => {
      if (event.button === 0) {
        canvas.setPointerCapture(event.pointerId);
        move(event);
        this.#stroke = true;
        this.#put(true);
      }
    });
    canvas.addEventListener('pointermove', event => {
      move(event);
      if (this.#stroke) {
        this.#put(false);
      }
    });
    for (const end of ['pointerup', 'pointercancel', 'blur']) {
      canvas.addEventListener(end, () => {
        this.#stroke = false;
      });
    }
    canvas.addEventListener('pointerleave', () => this.#cursor(document.activeElement === canvas));
    canvas.addEventListener('focus', () => this.#cursor(true));
    canvas.addEventListener('blur', () => this.#cursor(false));
  }

  #keys() {
    const canvas = this.#canvas;
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    canvas.addEventListener('keydown', event => {
      if (event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (ways[event.key]) {
        const [x, y] = ways[event.key].map(way => way * Math.max(1, this.#radius / 2));
        this.#at = {x: Math.min(canvas.width, Math.max(0, this.#at.x + x)),
          y: Math.min(canvas.height, Math.max(0, this.#at.y + y))};
        this.#cursor(true);
        if (this.#stroke) {
          this.#put(false);
        }
      } else if (event.key === ' ') {
        if (!event.repeat) {
          this.#stroke = true;
          this.#put(true);
        }
      } else if (event.key === 'e' || event.key === 'E') {
        $('rub').checked = !$('rub').checked;
        say($('rub').checked ? 'rubbing out' : 'painting');
      } else {
        return;
      }
      event.preventDefault();
    });
    canvas.addEventListener('keyup', event => {
      if (event.key === ' ') {
        this.#stroke = false;
      }
    });
  }
}

/** Scaled to cover a size, its middle kept. */
function covering(picture, width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  const scale = Math.max(width / picture.width, height / picture.height);
  const [w, h] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (width - w) / 2, (height - h) / 2, w, h);
  return canvas;
}

const png = canvas => new Promise(resolve => {
  canvas.toBlob(resolve, 'image/png');
});
