const PAUSE = 300; // milliseconds without a key after which the server is told
const MOST = 200; // mistakes listed
const editors = new WeakMap(); // parentElement -> editor

const TOKENS = {
  yaml: /(#.*$)|("(?:[^"\\]|\\.)*"|'[^']*')|([A-Za-z_][\w-]*)(?=\s*:(?:\s|$))|(->)/g,
  python: /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b(and|as|assert|break|continue|def|elif|else|for|from|if|import|in|is|lambda|None|not|or|pass|return|True|False|while|with)\b|(->|@)/g,
};
const KINDS = ["comment", "quoted", "key", "mark"];

// One line of text as spans; what is written is only ever text.
function paintLine(line, language) {
  const row = document.createElement("div");
  let at = 0;
  const add = (text, kind) => {
    if (!text) return;
    const span = document.createElement("span");
    span.textContent = text;
    if (kind) span.className = kind;
    row.append(span);
  };
  for (const found of line.matchAll(TOKENS[language] ?? /$^/g)) {
    const group = [1, 2, 3, 4].find((number) => found[number] !== undefined);
    if (group === 1 && found.index > 0 && !/\s/.test(line[found.index - 1])) continue;
    add(line.slice(at, found.index));
    add(found[0], KINDS[group - 1]);
    at = found.index + found[0].length;
  }
  add(line.slice(at));
  return row;
}

class Editor {
  constructor(component) {
    this.component = component;
    const find = (name) => component.parentElement.querySelector(name);
    this.frame = find(".frame");
    this.area = find("textarea");
    this.paint = find(".paint");
    this.mistakes = find(".mistakes");
    this.gutter = document.createElement("div");
    find(".gutter").replaceChildren(this.gutter);
    this.paint.replaceChildren();
    this.lines = [];
    this.problems = [];
    this.timer = null;
    this.leaving = false;
    this.told = null;
    const on = (event, act) => this.area.addEventListener(event, act);
    on("input", () => this.changed());
    on("scroll", () => this.scrolled());
    on("blur", () => this.tell());
    on("keydown", (event) => this.key(event));
    // Pages have keys of their own; letters typed here are not meant for them.
    for (const event of ["keydown", "keypress", "keyup"]) on(event, (each) => each.stopPropagation());
  }

  get place() { return `scaleenv-editor-${this.component.data.key}`; }

  kept() { try { return sessionStorage.getItem(this.place); } catch { return null; } }

  keep() { try { sessionStorage.setItem(this.place, this.area.value); } catch { /* a full or forbidden storage costs the draft only */ } }

  update(component) {
    this.component = component;
    const { data } = component;
    this.frame.style.height = `${data.height}px`;
    this.area.setAttribute("aria-label", data.label);
    if (this.revision !== data.revision) {
      const kept = this.revision === undefined && data.fresh ? this.kept() : null;
      this.revision = data.revision;
      this.area.value = kept ?? data.text;
      this.told = data.text;
      this.area.setSelectionRange(0, 0);
      this.area.scrollTop = 0;
      this.draw();
      if (kept !== null) this.tell(); else if (!data.fresh) this.keep();
    }
    this.show(data.problems);
    this.frame.dataset.ready = "1";
    this.frame.dataset.told = String(this.told === this.area.value);
  }

  changed() {
    this.draw();
    this.frame.dataset.told = "false";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), PAUSE);
  }

  tell() {
    clearTimeout(this.timer);
    if (this.told === this.area.value) return;
    this.told = this.area.value;
    this.keep();
    this.component.setStateValue("text", this.told);
  }

  // Draws again only the lines between those that stayed the same at either end.
  draw() {
    const now = this.area.value.split("\n"), before = this.lines;
    let first = 0;
    while (first < now.length && first < before.length && now[first] === before[first]) first += 1;
    let last = 0;
    while (last < now.length - first && last < before.length - first && now[now.length - 1 - last] === before[before.length - 1 - last]) last += 1;
    const rows = this.paint.children;
    for (let gone = before.length - last - first; gone > 0; gone -= 1) rows[first].remove();
    const made = now.slice(first, now.length - last).map((line) => paintLine(line, this.component.data.language));
    const next = rows[first] ?? null;
    for (const row of made) this.paint.insertBefore(row, next);
    while (this.gutter.children.length > now.length) this.gutter.lastChild.remove();
    while (this.gutter.children.length < now.length) {
      const number = document.createElement("span");
      number.textContent = String(this.gutter.children.length + 1);
      this.gutter.append(number);
    }
    this.lines = now;
    this.mark();
    this.scrolled();
  }

  scrolled() {
    const { scrollLeft, scrollTop } = this.area;
    this.paint.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.gutter.style.transform = `translateY(${-scrollTop}px)`;
  }

  show(problems) {
    if (JSON.stringify(problems) === JSON.stringify(this.problems)) return;
    this.problems = problems;
    this.mark();
    this.mistakes.replaceChildren(...problems.slice(0, MOST).map(([line, message]) => {
      const item = document.createElement("li"), button = document.createElement("button");
      const where = document.createElement("b"), what = document.createElement("span");
      where.textContent = `line ${line}`;
      what.textContent = message;
      button.type = "button";
      button.append(where, what);
      button.addEventListener("click", () => this.go(line));
      item.append(button);
      return item;
    }));
  }

  mark() {
    for (const [line] of this.marked ?? []) {
      this.gutter.children[line - 1]?.classList.remove("bad");
      this.paint.children[line - 1]?.classList.remove("bad");
    }
    this.marked = this.problems;
    for (const [line, message] of this.problems) {
      const number = this.gutter.children[line - 1];
      if (!number) continue;
      number.classList.add("bad");
      number.title = message;
      this.paint.children[line - 1]?.classList.add("bad");
    }
  }

  go(line) {
    const start = this.lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (this.lines[line - 1] ?? "").length);
    this.area.scrollTop = Math.max(0, (line - 1) * 19 - this.area.clientHeight / 2);
    this.area.scrollLeft = 0;
  }

  key(event) {
    const { area } = this;
    if (event.key === "Escape") { this.leaving = true; return; }
    const leaving = this.leaving;
    if (event.key !== "Shift") this.leaving = false;
    if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      const several = area.value.slice(area.selectionStart, area.selectionEnd).includes("\n");
      if (event.shiftKey) this.lineByLine((line) => line.replace(/^ {1,2}|^\t/, ""));
      else if (several) this.lineByLine((line) => (line ? `  ${line}` : line));
      else this.insert("  ");
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.isComposing) {
      event.preventDefault();
      const line = area.value.slice(area.value.lastIndexOf("\n", area.selectionStart - 1) + 1, area.selectionStart);
      this.insert(`\n${line.match(/^\s*/)[0]}${/:\s*$/.test(line) ? "  " : ""}`);
    } else if (event.key === "/" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      const chosen = this.chosen().text.split("\n").filter((line) => line.trim());
      const off = chosen.every((line) => /^\s*#/.test(line));
      this.lineByLine((line) => (!line.trim() ? line : off ? line.replace(/^(\s*)# ?/, "$1") : line.replace(/^(\s*)/, "$1# ")));
    }
  }

  insert(text) { document.execCommand("insertText", false, text); } // the only way of changing a text that undo knows of

  chosen() {
    const { value, selectionStart, selectionEnd } = this.area;
    const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const next = value.indexOf("\n", Math.max(selectionEnd - (selectionEnd > selectionStart ? 1 : 0), start));
    const end = next < 0 ? value.length : next;
    return { start, end, text: value.slice(start, end) };
  }

  lineByLine(change) {
    const { area } = this, { start, end, text } = this.chosen();
    const after = text.split("\n").map(change).join("\n");
    if (after === text) return;
    const collapsed = area.selectionStart === area.selectionEnd, moved = area.selectionStart + after.length - text.length;
    area.setSelectionRange(start, end);
    if (after) this.insert(after); else document.execCommand("delete");
    if (collapsed) area.setSelectionRange(Math.max(start, moved), Math.max(start, moved));
    else area.setSelectionRange(start, start + after.length);
  }
}

export default function (component) {
  const { parentElement } = component;
  let editor = editors.get(parentElement);
  if (!editor) editors.set(parentElement, (editor = new Editor(component)));
  editor.update(component);
  return () => {};
}
