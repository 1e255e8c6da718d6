
// In the server of `judgebench view` only: say so when the runs have grown, and leave it to the reader when to load anew.
(() => {
  const every = 3000;
  const timing = performance.getEntriesByType("navigation")[0]?.serverTiming ?? [];
  const stamp = timing.find((one) => one.name === "stamp")?.description;
  const notice = made("p", { role: "status", id: "live" });
  const button = made("button", { type: "button" }, "Load again");
  button.addEventListener("click", () => location.reload());
  document.querySelector("nav.bar b").after(made("a", { href: "/" }, "All runs"));
  document.querySelector("header").prepend(notice);
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
