/** What was painted on a picture: strokes one after another, so that each can be taken back. */
export class Paint {
  #acts = [];

  /** In pixels. */
  constructor(width, height) {
    this.canvas = document.createElement('canvas');
    this.canvas.width = width;
    this.canvas.height = height;
    this.context = this.canvas.getContext('2d', {willReadFrequently: true});
  }

  /** Begins with a mask: painted is what is transparent in it. */
  begin(mask) {
    this.#act({mask});
  }

  /**
   * Puts the brush down, or moves it.
   *
   * @param brush `radius` in pixels and whether it should `rub` out; null to go on with the last one
   */
  put(at, brush) {
    if (brush) {
      this.#act({brush, points: [at]});
    } else {
      const act = this.#acts.at(-1);
      act.points.push(at);
      this.#line(act.brush, act.points.slice(-2));
    }
  }

  clear() {
    this.#act({clear: true});
  }

  invert() {
    this.#act({invert: true});
  }

  undo() {
    this.#acts.pop();
    this.#wipe();
    for (const act of this.#acts) {
      this.#draw(act);
    }
  }

  /** Whether nothing is painted. */
  get isEmpty() {
    const {data} = this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
    for (let i = 3; i < data.length; i += 4) {
      if (data[i] >= 128) {
        return false;
      }
    }
    return true;
  }

  #act(act) {
    this.#acts.push(act);
    this.#draw(act);
  }

  #draw(act) {
    if (act.clear) {
      this.#wipe();
    } else if (act.brush) {
      this.#line(act.brush, act.points);
    } else {
      const {context, canvas} = this;
      const before = document.createElement('canvas');
      before.width = canvas.width;
      before.height = canvas.height;
      before.getContext('2d').drawImage(act.mask ?? canvas, 0, 0, canvas.width, canvas.height);
      this.#wipe();
      context.fillStyle = '#e8501c';
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.globalCompositeOperation = 'destination-out';
      context.drawImage(before, 0, 0);
      context.globalCompositeOperation = 'source-over';
    }
  }

  #wipe() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  #line(brush, points) {
    const context = this.context;
    context.globalCompositeOperation = brush.rub ? 'destination-out' : 'source-over';
    context.strokeStyle = '#e8501c';
    context.lineWidth = 2 * brush.radius;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(points[0].x, points[0].y);
    for (const point of points.length === 1 ? points : points.slice(1)) {
      context.lineTo(point.x, point.y);
    }
    context.stroke();
    context.globalCompositeOperation = 'source-over';
  }
}
