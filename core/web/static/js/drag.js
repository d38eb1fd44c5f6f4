/* Dragging with mouse, pen and finger over marked targets; boards and calendars use it.

   startDragging(root, {items, targets, over, drop, moved, handle})
     items, targets   selectors below root
     over(target)     while something hangs over a target (null: over none)
     drop(item, target, {top})
   A finger lifts by resting on the item, so that swiping still scrolls. */
const START = 6;
const REST = 320;
const EDGE = 48;

class Drag {
  constructor(root, options, item, event) {
    Object.assign(this, { root, options, item, x: event.clientX, y: event.clientY });
    this.touch = event.pointerType === "touch";
    this.pointer = event.pointerId;
    this.timer = this.touch ? setTimeout(() => this.lift(), REST) : 0;
    this.ghost = null;
  }

  lift() {
    const box = this.item.getBoundingClientRect();
    this.shift = [this.x - box.left, this.y - box.top];
    this.ghost = this.item.cloneNode(true);
    this.ghost.classList.add("i-dragged");
    this.ghost.setAttribute("aria-hidden", "true");
    for (const part of [this.ghost, ...this.ghost.querySelectorAll("[id]")]) part.removeAttribute("id");
    this.ghost.style.setProperty("--w", `${box.width}px`);
    this.ghost.style.setProperty("--h", `${box.height}px`);
    document.body.append(this.ghost);
    this.item.classList.add("i-origin");
    document.body.classList.add("is-dragging");
    this.root.setPointerCapture?.(this.pointer);
    this.follow(this.x, this.y);
  }

  move(event) {
    const far = Math.hypot(event.clientX - this.x, event.clientY - this.y) > START;
    if (!this.ghost) {
      if (!far) return true;
      if (this.touch) return false;
      this.lift();
    }
    event.preventDefault();
    this.follow(event.clientX, event.clientY);
    return true;
  }

  follow(x, y) {
    this.ghost.style.setProperty("--x", `${x - this.shift[0]}px`);
    this.ghost.style.setProperty("--y", `${y - this.shift[1]}px`);
    this.at = [x, y];
    this.target = this.under(x, y);
    this.options.over?.(this.target);
    this.scroll(x);
  }

  under(x, y) {
    const found = document.elementFromPoint(x, y)?.closest(this.options.targets);
    return found && this.root.contains(found) ? found : null;
  }

  scroll(x) {
    const box = this.root.getBoundingClientRect();
    if (x > box.right - EDGE) this.root.scrollLeft += 14;
    else if (x < box.left + EDGE) this.root.scrollLeft -= 14;
  }

  end(keep) {
    clearTimeout(this.timer);
    if (!this.ghost) return false;
    this.ghost.remove();
    this.item.classList.remove("i-origin");
    document.body.classList.remove("is-dragging");
    this.options.over?.(null);
    // `top` is where the upper edge of the item was let go.
    if (keep && this.target) this.options.drop(this.item, this.target, { top: this.at[1] - this.shift[1] + 1 });
    return true;
  }
}

export function startDragging(root, options) {
  let drag = null;
  const stop = (keep) => {
    const was = drag;
    drag = null;
    if (was?.end(keep)) swallowClick();
  };
  root.addEventListener("pointerdown", (event) => {
    const item = event.target.closest(options.items);
    if (!item || event.button !== 0 || event.target.closest("button, summary, input")) return;
    drag = new Drag(root, options, item, event);
  });
  window.addEventListener("pointermove", (event) => {
    if (drag && event.pointerId === drag.pointer && !drag.move(event)) stop(false);
  });
  window.addEventListener("pointerup", () => stop(true));
  window.addEventListener("pointercancel", () => stop(false));
  window.addEventListener("keydown", (event) => drag && event.key === "Escape" && stop(false));
  root.addEventListener("dragstart", (event) => event.preventDefault());
  // A lifted card must not scroll the page below the finger.
  root.addEventListener("touchmove", (event) => drag?.ghost && event.preventDefault(), { passive: false });
  root.addEventListener("contextmenu", (event) => drag?.touch && event.preventDefault());
}

function swallowClick() {
  const stop = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", stop, { capture: true }), 60);
}
