/* The list under a combobox: options, the active one, and how keys move it.

   Used by picker.js and palette.js. `input` has role=combobox, `list` role=listbox. */
export class Listbox {
  constructor(input, list, choose) {
    this.input = input;
    this.list = list;
    this.choose = choose;
    this.options = [];
    this.active = -1;
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(this.options.indexOf(option));
    });
  }

  show(nodes, options, active = 0) {
    this.list.replaceChildren(...nodes);
    this.options = options;
    options.forEach((option, index) => {
      option.id = `${this.list.id}-${index}`;
      option.setAttribute("role", "option");
    });
    this.open();
    this.move(options.length ? active : -1);
  }

  open() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
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
    else if (event.key === "Enter" && this.active >= 0) this.choose(this.active);
    else return false;
    event.preventDefault();
    return true;
  }
}
