// A page of another web site with a click-to-call button: ?service= is where the script is, ?to= whom it calls.
const wish = new URLSearchParams(location.search);
const tag = document.createElement('script');
tag.src = `${wish.get('service')}/c2c.js`;
tag.dataset.to = wish.get('to');
tag.onload = () => {
  document.querySelector('.c2c').id = 'c2c';
  document.querySelector('.c2c-state').id = 'state';
};
document.querySelector('main').append(tag);
