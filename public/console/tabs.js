/** Makes the page's tab list one: arrow keys move, one panel shows (w3.org/WAI/ARIA/apg/patterns/tabs). */
export function startTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")].filter((tab) => tab instanceof HTMLButtonElement);

  /** @param {HTMLButtonElement} chosen */
  const choose = (chosen) => {
    for (const tab of tabs) {
      const selected = tab === chosen;
      tab.ariaSelected = String(selected);
      tab.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel !== null) panel.hidden = !selected;
    }
  };

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", ({ key }) => {
      const steps = new Map([
        ["ArrowRight", index + 1],
        ["ArrowLeft", index - 1],
        ["Home", 0],
        ["End", -1],
      ]);
      const next = steps.get(key);
      if (next === undefined) return;
      const reached = tabs.at(next % tabs.length);
      reached?.focus();
      reached?.click();
    });
  }
  const [first] = tabs;
  if (first !== undefined) choose(first);
}
