/** As much of a document as a small view needs, for tests in plain node: elements by id, made when they are asked for. */

class Element {
  attributes = new Map();
  children = [];
  dataset = {};
  style = {};
  textContent = '';
  value = '';
  hidden = false;
  classList = { toggle() {} };

  append(...children) {
    for (const child of children) {
      if (typeof child === 'string') this.textContent += child;
      else this.children.push(Object.assign(child, { parent: this }));
    }
  }

  remove() {
    if (this.parent) this.parent.children = this.parent.children.filter((child) => child !== this);
  }

  get childElementCount() {
    return this.children.length;
  }

  get firstElementChild() {
    return this.children[0];
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  addEventListener() {}
}

/** Puts a document in the globals. @returns {{element: (id: string) => any, announced: string[]}} What stands in it, and all that was announced. */
export function fakeDocument() {
  const elements = new Map();
  const announced = [];
  const element = (id) => elements.get(id) ?? elements.set(id, new Element()).get(id);
  for (const type of ['HTMLElement', 'HTMLButtonElement', 'HTMLTextAreaElement', 'HTMLFormElement']) globalThis[type] = Element;
  globalThis.document = { hidden: false, getElementById: element, createElement: () => new Element() };
  const announcer = element('announcer');
  announcer.append = (line) => {
    announced.push(line.textContent);
    Element.prototype.append.call(announcer, line);
  };
  return { element, announced };
}
