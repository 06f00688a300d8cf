// Read before the page is drawn, so that it never flashes in the other colours.
(() => {
  const names = ['auto', 'light', 'dark'];
  const words = {auto: 'as the system', light: 'light', dark: 'dark'};
  const icons = {auto: '#i-auto', light: '#i-sun', dark: '#i-moon'};
  let theme = 'auto';
  try {
    theme = localStorage.getItem('langevin.theme') ?? 'auto';
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
  const set = name => {
    theme = names.includes(name) ? name : 'auto';
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById('theme');
    if (button) {
      button.querySelector('use').setAttribute('href', icons[theme]);
      button.querySelector('span').textContent = `Colours: ${words[theme]}`;
    }
  };
  set(theme);
  addEventListener('DOMContentLoaded', () => {
    set(theme);
    document.getElementById('theme').addEventListener('click', () => {
      set(names[(names.indexOf(theme) + 1) % names.length]);
      try {
        localStorage.setItem('langevin.theme', theme);
      } catch {
        // as above
      }
    });
  });
})();
