// Search in the documentation: hides what does not hold every word that was typed. The page is whole without it.
const search = document.getElementById("search");
const found = document.getElementById("found");
const listed = [...document.querySelectorAll("nav li[data-words]")];
const shown = [...document.querySelectorAll("article.operation")];
const groups = [...document.querySelectorAll("nav section, section.tag")];

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (each) => words.every((word) => each.dataset.words.includes(word));
  for (const each of [...listed, ...shown]) each.hidden = !fits(each);
  for (const group of groups) {
    const items = group.querySelectorAll("[data-words]");
    group.hidden = words.length > 0 && [...items].every((each) => each.hidden);
  }
  const count = shown.filter((each) => !each.hidden).length;
  found.textContent = words.length ? `${count} of ${shown.length}` : "";
}

search.addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});
