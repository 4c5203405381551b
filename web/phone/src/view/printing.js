// @ts-check
// Prints one box: the one in which a button of class print was clicked.

/** Makes the buttons work. */
export function letPrint() {
  for (const button of document.querySelectorAll('button.print')) {
    button.addEventListener('click', () => {
      const box = button.closest('.box');
      box?.classList.add('printed');
      window.print(); // it returns when the user has chosen
      box?.classList.remove('printed');
    });
  }
}
