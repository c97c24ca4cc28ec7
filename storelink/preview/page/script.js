// Shows the message anew when a template has changed; the page works without it.
const stamp = document.body.dataset.stamp;
setInterval(async () => {
  try {
    const now = await (await fetch("/stamp")).text();
    if (stamp !== now) location.reload();
  } catch {
    // The preview was stopped, or is being started again.
  }
}, 1000);
