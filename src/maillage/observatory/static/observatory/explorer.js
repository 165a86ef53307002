/* The map explorer: hover, keyboard, and the drawing of maps of thousands of territories.

   A map drawn by the server is SVG, one link per territory: this script lets the arrows walk on it and tells what is
   reached. A map of thousands is drawn here on a canvas, from contours that the browser keeps and values that it asks.
   Without this script the links, the table and the files remain. */
(() => {
  "use strict";

  const figure = document.getElementById("carte");
  const told = document.getElementById("carte-dit");
  if (!figure || !told) return;
  const drawing = figure.querySelector(".ui-map-drawing");

  /* --- the nearest territory in a direction ----------------------------------------------------------------------- */

  const DIRECTIONS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

  /* Of those ahead, the nearest, what lies aside counting twice. `spots` are [x, y] by rank. */
  const nextTowards = (spots, from, [dx, dy]) => {
    const [x, y] = spots[from];
    let best = -1;
    let least = Infinity;
    spots.forEach(([px, py], rank) => {
      const ahead = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      const far = ahead + 2 * aside;
      if (rank !== from && ahead > 0 && aside <= 2 * ahead && far < least) {
        least = far;
        best = rank;
      }
    });
    return best;
  };

  /* --- a map drawn by the server ---------------------------------------------------------------------------------- */

  const walkOnLinks = (links) => {
    const boxes = links.map((link) => link.querySelector(".ui-map-shape").getBBox());
    const spots = boxes.map((box) => [box.x + box.width / 2, box.y + box.height / 2]);
    let current = 0;
    // One stop for the Tab key: the arrows go from one territory to the other.
    links.forEach((link, rank) => {
      link.setAttribute("tabindex", rank ? "-1" : "0");
      link.setAttribute("aria-describedby", "carte-aide");
    });
    const say = (rank) => {
      links[current].classList.remove("is-current");
      links[rank].classList.add("is-current");
      told.textContent = links[rank].getAttribute("aria-label");
    };
    const go = (rank) => {
      if (rank < 0) return;
      links[current].setAttribute("tabindex", "-1");
      links[rank].setAttribute("tabindex", "0");
      links[rank].focus();
    };
    links.forEach((link, rank) => {
      link.addEventListener("focus", () => {
        say(rank);
        current = rank;
      });
      link.addEventListener("pointerenter", () => {
        told.textContent = link.getAttribute("aria-label");
      });
    });
    drawing.addEventListener("keydown", (event) => {
      const direction = DIRECTIONS[event.key];
      if (direction) go(nextTowards(spots, current, direction));
      else if (event.key === "Home") go(0);
      else if (event.key === "End") go(links.length - 1);
      else return;
      event.preventDefault();
    });
  };

  /* --- a map drawn here ------------------------------------------------------------------------------------------- */

  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();

  const ringOf = (arcs, chain) => {
    const ring = [];
    for (const at of chain) {
      const arc = arcs[at < 0 ? ~at : at];
      const size = arc.length / 2;
      for (let i = 0; i < size - 1; i += 1) {
        const k = 2 * (at < 0 ? size - 1 - i : i);
        ring.push(arc[k], arc[k + 1]);
      }
    }
    return ring;
  };

  /* Differences summed, in units of the drawing. */
  const unpacked = (ground) =>
    ground.arcs.map((arc) => {
      const line = new Float32Array(arc.length);
      let x = 0;
      let y = 0;
      for (let i = 0; i < arc.length; i += 2) {
        x += arc[i];
        y += arc[i + 1];
        line[i] = x / ground.grid;
        line[i + 1] = y / ground.grid;
      }
      return line;
    });

  const trace = (path, ring) => {
    path.moveTo(ring[0], ring[1]);
    for (let i = 2; i < ring.length; i += 2) path.lineTo(ring[i], ring[i + 1]);
    path.closePath();
  };

  const POINT = 1.6;
  const TOGETHER = 40; // territories filled by one path
  const MANY = 5000; // beyond, a line around each would be all that is seen

  class Canvas {
    constructor(ground, values, urls) {
      Object.assign(this, { ground, values, urls });
      this.arcs = unpacked(ground);
      this.rings = ground.shapes.map((chains) => chains.map((chain) => ringOf(this.arcs, chain)));
      this.spots = ground.codes.map((_, rank) => [
        ground.centres[2 * rank] / ground.grid,
        ground.centres[2 * rank + 1] / ground.grid,
      ]);
      this.boxes = this.rings.map((rings, rank) => this.boxOf(rings, rank));
      this.current = -1;
      this.build();
      this.draw();
    }

    boxOf(rings, rank) {
      const [x, y] = this.spots[rank];
      const box = rings.length ? [Infinity, Infinity, -Infinity, -Infinity] : [x - POINT, y - POINT, x + POINT, y + POINT];
      for (const ring of rings) {
        for (let i = 0; i < ring.length; i += 2) {
          box[0] = Math.min(box[0], ring[i]);
          box[1] = Math.min(box[1], ring[i + 1]);
          box[2] = Math.max(box[2], ring[i]);
          box[3] = Math.max(box[3], ring[i + 1]);
        }
      }
      return box;
    }

    build() {
      this.frame = document.createElement("div");
      this.frame.className = "explorer-canvas";
      this.frame.tabIndex = 0;
      this.frame.setAttribute("role", "application");
      this.frame.setAttribute("aria-label", figure.querySelector("figcaption").textContent);
      this.frame.setAttribute("aria-describedby", "carte-aide");
      this.canvas = document.createElement("canvas");
      this.mark = document.createElement("canvas");
      this.mark.className = "explorer-mark";
      this.frame.append(this.canvas, this.mark);
      drawing.append(this.frame);
      this.frame.addEventListener("keydown", (event) => this.key(event));
      this.frame.addEventListener("focus", () => this.current < 0 && this.reach(this.first()));
      this.frame.addEventListener("pointermove", (event) => this.reach(this.at(event)));
      this.frame.addEventListener("click", (event) => this.open(this.at(event)));
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
      matchMedia("print").addEventListener("change", () => this.draw());
      new ResizeObserver(() => this.frame.clientWidth !== this.drawnAt && this.draw()).observe(this.frame);
    }

    /* Pixels enough for the screen, and for paper. */
    context(canvas) {
      const { width, height } = this.ground;
      const shown = Math.max(this.frame.clientWidth, 300);
      const scale = Math.min(3, (shown / width) * Math.max(devicePixelRatio, 1.5));
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const pen = canvas.getContext("2d");
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      return pen;
    }

    fills(pen) {
      const known = this.values.classes.map((css) => colour(`--${css.replace("ui-", "")}`));
      return { known, "-1": this.pattern(pen, "hatch"), "-2": this.pattern(pen, "dots"), plain: colour("--surface-2") };
    }

    pattern(pen, kind) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 8;
      const ink = tile.getContext("2d");
      ink.fillStyle = colour("--surface");
      ink.fillRect(0, 0, 8, 8);
      ink.strokeStyle = ink.fillStyle = colour("--line-strong");
      ink.lineWidth = 1.5;
      ink.beginPath();
      if (kind === "hatch") {
        for (const at of [-8, 0, 8]) {
          ink.moveTo(at, 8);
          ink.lineTo(at + 8, 0);
        }
        ink.stroke();
      } else {
        ink.arc(4, 4, 1.6, 0, 7);
        ink.fill();
      }
      const made = pen.createPattern(tile, "repeat");
      made.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0]));
      return made;
    }

    draw() {
      this.drawnAt = this.frame.clientWidth;
      const pen = this.context(this.canvas);
      this.surfaces(pen, this.fills(pen));
      this.lines(pen);
      this.circles(pen);
      this.highlight();
    }

    /* By colour, some territories to a path: one path for each is slow, and so is a single path of all of them. */
    surfaces(pen, fills) {
      const { ranks, radii } = this.values;
      const byFill = new Map();
      ranks.forEach((rank, at) => {
        const fill = rank < 0 ? fills[rank] : radii.length ? fills.plain : fills.known[rank];
        if (!byFill.has(fill)) byFill.set(fill, []);
        byFill.get(fill).push(at);
      });
      byFill.forEach((some, fill) => {
        pen.fillStyle = fill;
        for (let from = 0; from < some.length; from += TOGETHER) {
          pen.beginPath();
          for (const at of some.slice(from, from + TOGETHER)) {
            for (const ring of this.rings[at]) trace(pen, ring);
            if (!this.rings[at].length) this.point(pen, at);
          }
          pen.fill("evenodd");
        }
      });
    }

    point(path, rank) {
      const [x, y] = this.spots[rank];
      path.moveTo(x + POINT, y);
      path.arc(x, y, POINT, 0, 7);
      path.closePath();
    }

    lines(pen) {
      const few = this.ground.codes.length <= MANY;
      if (few) this.strokes(pen, this.arcs, colour("--line-strong"), 0.4);
      const borders = this.ground.borders.map((rank) => this.arcs[rank]);
      this.strokes(pen, borders, colour("--ink"), few ? 0.9 : 0.5);
      pen.lineWidth = 1;
      for (const [x, y, width, height] of this.ground.insets) pen.strokeRect(x, y, width, height);
    }

    strokes(pen, lines, ink, width) {
      pen.strokeStyle = ink;
      pen.lineWidth = width;
      for (let from = 0; from < lines.length; from += TOGETHER) {
        pen.beginPath();
        for (const line of lines.slice(from, from + TOGETHER)) {
          pen.moveTo(line[0], line[1]);
          for (let i = 2; i < line.length; i += 2) pen.lineTo(line[i], line[i + 1]);
        }
        pen.stroke();
      }
    }

    circles(pen) {
      const { radii } = this.values;
      if (!radii.length) return;
      const order = radii.map((_, rank) => rank).sort((a, b) => radii[b] - radii[a]);
      pen.fillStyle = colour("--accent");
      pen.strokeStyle = colour("--ink");
      pen.lineWidth = 0.3;
      for (const rank of order) {
        if (!radii[rank]) break;
        const [x, y] = this.spots[rank];
        pen.beginPath();
        pen.arc(x, y, radii[rank] / 10, 0, 7);
        pen.globalAlpha = 0.6;
        pen.fill();
        pen.globalAlpha = 1;
        pen.stroke();
      }
    }

    /* The territory under the pointer: the rings that hold the point, an odd number of times. */
    at(event) {
      const frame = this.canvas.getBoundingClientRect();
      const x = ((event.clientX - frame.left) / frame.width) * this.ground.width;
      const y = ((event.clientY - frame.top) / frame.height) * this.ground.height;
      return this.boxes.findIndex(
        ([left, top, right, bottom], rank) =>
          x >= left && x <= right && y >= top && y <= bottom && this.holds(this.rings[rank], x, y),
      );
    }

    holds(rings, x, y) {
      let inside = !rings.length;
      for (const ring of rings) {
        for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
          if (ring[i + 1] > y !== ring[j + 1] > y) {
            const cut = ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i];
            if (x < cut) inside = !inside;
          }
        }
      }
      return inside;
    }

    first() {
      const { width, height } = this.ground;
      let best = 0;
      this.spots.forEach(([x, y], rank) => {
        const [bx, by] = this.spots[best];
        if (Math.hypot(x - width / 2, y - height / 2) < Math.hypot(bx - width / 2, by - height / 2)) best = rank;
      });
      return best;
    }

    reach(rank) {
      if (rank < 0 || rank === this.current) return;
      this.current = rank;
      this.highlight();
      told.textContent = `${this.ground.names[rank]}\u00a0: ${this.values.words[this.values.texts[rank]]}`;
    }

    highlight() {
      const pen = this.context(this.mark);
      if (this.current < 0) return;
      const path = new Path2D();
      for (const ring of this.rings[this.current]) trace(path, ring);
      if (!this.rings[this.current].length) this.point(path, this.current);
      pen.strokeStyle = colour("--surface");
      pen.lineWidth = 5;
      pen.stroke(path);
      pen.strokeStyle = colour("--focus");
      pen.lineWidth = 2.5;
      pen.stroke(path);
    }

    open(rank) {
      if (rank >= 0) location.assign(this.urls.portrait.replace("CODE", encodeURIComponent(this.ground.codes[rank])));
    }

    key(event) {
      const direction = DIRECTIONS[event.key];
      if (direction) this.reach(nextTowards(this.spots, Math.max(this.current, 0), direction));
      else if (event.key === "Enter") this.open(this.current);
      else if (event.key === "Home") this.reach(0);
      else if (event.key === "End") this.reach(this.spots.length - 1);
      else return;
      event.preventDefault();
    }
  }

  const ask = async (url) => {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const drawHere = async (urls) => {
    const waiting = document.createElement("p");
    waiting.className = "explorer-waiting";
    waiting.textContent = "La carte se dessine…";
    drawing.append(waiting);
    try {
      const [ground, values] = await Promise.all([ask(urls.contours), ask(urls.values)]);
      const canvas = new Canvas(ground, values, urls);
      figure.dataset.drawn = String(canvas.rings.length);
      performance.mark("explorer-drawn");
      waiting.remove();
    } catch {
      waiting.textContent = "La carte n’a pas pu être dessinée : rechargez la page. Le tableau donne chaque valeur.";
    }
  };

  const links = [...drawing.querySelectorAll("svg a")];
  const urls = document.getElementById("carte-dessin");
  if (urls) drawHere(JSON.parse(urls.textContent));
  else if (links.length) walkOnLinks(links);
})();
