
// In the server of `judgebench view` only: say so when the runs have grown, and leave it to the reader when to load anew.
(() => {
  const every = 3000;
  const timing = performance.getEntriesByType("navigation")[0]?.serverTiming ?? [];
  const stamp = timing.find((one) => one.name === "stamp")?.description;
  const link = document.createElement("a");
  link.href = "/";
  link.textContent = "All runs";
  const bar = document.querySelector("nav.bar .wrap b");
  const notice = document.createElement("p");
  notice.setAttribute("role", "status");
  notice.id = "live";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Load again";
  button.addEventListener("click", () => location.reload());
  if (bar) bar.after(link);
  document.querySelector("header").prepend(...(bar ? [] : [link]), notice);
  async function look() {
    try {
      const response = await fetch(`/api/stamps${location.search}`);
      const now = response.ok ? (await response.json()).stamp : stamp;
      if (stamp && now !== stamp) {
        notice.className = "alert";
        notice.append("These runs have grown since this page was made. ", button);
        return;
      }
    } catch { /* a server that has ended has nothing new to say */ }
    setTimeout(look, every);
  }
  look();
})();
