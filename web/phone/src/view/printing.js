// @ts-check
// Prints one box: the one in which a button of class print was clicked, with all that is folded in it.

/** Makes the buttons work. */
export function letPrint() {
  for (const button of document.querySelectorAll('button.print')) {
    button.addEventListener('click', () => {
      const box = button.closest('.box');
      const folded = [...(box?.querySelectorAll('details') ?? [])].filter(({ open }) => !open);
      for (const details of folded) details.open = true;
      box?.classList.add('printed');
      window.print(); // it returns when the user has chosen
      box?.classList.remove('printed');
      for (const details of folded) details.open = false;
    });
  }
}
