// The form of a new site: the template fills the command until somebody types one of their own.

const form = document.getElementById("new-site");
const field = (name) => form.elements[name];
const chosen = () => form.querySelector("input[name=template]:checked");

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

const filledIn = () => {
  const { command, application } = chosen().dataset;
  const folder = field("working_folder").value.trim();
  const virtualenv = field("virtualenv").value.trim().replace(/\/+$/, "");
  if (!command || !folder || !virtualenv) return "";
  return command
    .replaceAll("{virtualenv}", quoted(virtualenv))
    .replaceAll("{folder}", quoted(folder))
    .replaceAll("{application}", quoted(field("application").value.trim() || application))
    .replaceAll("{{", "{").replaceAll("}}", "}");
};

let filled = filledIn(); // what the template says; anything else in the field was typed

const fill = () => {
  for (const steps of form.querySelectorAll("[data-steps]")) {
    steps.hidden = steps.dataset.steps !== chosen().value;
  }
  const isTyped = ![filled, ""].includes(field("command").value);
  filled = filledIn();
  if (!isTyped) field("command").value = filled;
};

form.addEventListener("change", (event) => {
  if (event.target.name === "account_id") {
    const typed = new URLSearchParams(new FormData(form));
    typed.set("account", event.target.value);
    typed.set("enabled", field("enabled").checked ? "on" : "off");
    typed.delete("account_id");
    if (field("command").value === filled) typed.delete("command");
    location.assign(`/sites/new?${typed}`);
  } else if (event.target.name === "template") {
    field("application").value = event.target.dataset.application;
    fill();
  }
});
for (const name of ["working_folder", "virtualenv", "application"]) {
  field(name).addEventListener("input", fill);
}
fill();
