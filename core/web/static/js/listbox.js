/* The list under a combobox: options, the active one, and how keys move it.

   Used by picker.js and palette.js. `input` has role=combobox, `list` role=listbox. */
export class Listbox {
  constructor(input, list, choose) {
    this.input = input;
    this.list = list;
    this.choose = choose;
    this.options = [];
    this.active = -1;
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.pressed = true;
    });
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => this.pressed && setTimeout(() => this.release()));
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option);
    });
  }

  /* While an option is pressed the list stays: a click whose option is replaced half way would be lost. */
  show(nodes, options, active = 0) {
    if (this.pressed) return void (this.next = [nodes, options, active]);
    this.list.replaceChildren(...nodes);
    this.options = options;
    options.forEach((option, index) => {
      option.id = `${this.list.id}-${index}`;
      option.setAttribute("role", "option");
    });
    this.open();
    this.move(options.length ? active : -1);
  }

  release() {
    const next = this.next;
    this.pressed = false;
    this.next = null;
    if (next) this.show(...next);
  }

  open() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
    this.next = null;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  get shown() {
    return !this.list.hidden;
  }

  move(index) {
    this.active = index;
    this.options.forEach((option, number) => {
      option.classList.toggle("is-on", number === index);
      option.setAttribute("aria-selected", String(number === index));
    });
    const option = this.options[index];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  /* Returns true when the key was used. */
  key(event) {
    const count = this.options.length;
    if (!this.shown || !count) return false;
    if (event.key === "ArrowDown") this.move((this.active + 1) % count);
    else if (event.key === "ArrowUp") this.move((this.active - 1 + count) % count);
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.options[this.active]);
    else return false;
    event.preventDefault();
    return true;
  }
}
