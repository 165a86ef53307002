/* Draws each chart from its spec. The interpreter (ast) replaces what would need unsafe-eval. */
(() => {
  "use strict";

  const options = {
    ast: true,
    actions: false,
    defaultStyle: false,
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  };

  const draw = async (place) => {
    const source = document.getElementById(place.dataset.chart);
    try {
      await window.vegaEmbed(place, JSON.parse(source.textContent), options);
      place.dataset.drawn = "true";
    } catch (error) {
      place.textContent = "Le graphique n’a pas pu être dessiné ; ses valeurs sont dans le tableau ci-dessous.";
      place.dataset.drawn = "failed";
      console.error(error);
    }
  };

  for (const place of document.querySelectorAll("[data-chart]")) draw(place);
})();
