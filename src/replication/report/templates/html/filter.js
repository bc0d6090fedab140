(function () {
  "use strict";
  var form = document.getElementById("filters");
  var rows = Array.from(document.querySelectorAll("#claim-table tbody tr"));
  var shown = document.getElementById("shown");
  var none = document.getElementById("none");
  var fields = ["by-verdict", "by-group", "by-text"].map(function (id) {
    return document.getElementById(id);
  });
  function matches(row) {
    var words = fields[2].value.toLowerCase().split(/\s+/).filter(Boolean);
    var text = row.textContent.toLowerCase();
    return (!fields[0].value || row.dataset.verdict === fields[0].value) &&
      (!fields[1].value || row.dataset.group === fields[1].value) &&
      words.every(function (word) { return text.includes(word); });
  }
  function apply() {
    var count = 0;
    rows.forEach(function (row) {
      row.hidden = !matches(row);
      count += row.hidden ? 0 : 1;
    });
    var chosen = [];
    fields.forEach(function (field) {
      field.classList.toggle("active", field.value.trim() !== "");
      if (field.value.trim()) { chosen.push(field.value.trim()); }
    });
    shown.textContent = count + " of " + rows.length + " claims shown" +
      (chosen.length ? ": " + chosen.join(", ") : "");
    none.hidden = count > 0;
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(apply, 0); });
  form.hidden = false;
  apply();
})();
