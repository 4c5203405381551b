package digest

import "container/list"

// table is a map that forgets its oldest entry when it is full. It isn't safe for concurrent use.
type table[K comparable, V any] struct {
	limit   int
	entries map[K]*list.Element
	order   *list.List // of entry[K, V], the oldest in front
}

type entry[K comparable, V any] struct {
	key   K
	value *V
}

func newTable[K comparable, V any](limit int) *table[K, V] {
	return &table[K, V]{limit: limit, entries: make(map[K]*list.Element), order: list.New()}
}

func (t *table[K, V]) get(key K) *V {
	element, ok := t.entries[key]
	if !ok {
		return nil
	}
	return t.at(element).value
}

// add stores a value under a new key as the youngest, and gives the value that had to go for it, if any.
func (t *table[K, V]) add(key K, value *V) (forgotten *V) {
	if len(t.entries) >= t.limit {
		forgotten = t.oldest()
		t.removeOldest()
	}
	t.entries[key] = t.order.PushBack(entry[K, V]{key, value})
	return forgotten
}

// touch makes an entry the youngest.
func (t *table[K, V]) touch(key K) {
	if element, ok := t.entries[key]; ok {
		t.order.MoveToBack(element)
	}
}

// oldest is nil if the table is empty.
func (t *table[K, V]) oldest() *V {
	if t.order.Len() == 0 {
		return nil
	}
	return t.at(t.order.Front()).value
}

func (t *table[K, V]) removeOldest() { t.remove(t.at(t.order.Front()).key) }

func (t *table[K, V]) remove(key K) {
	if element, ok := t.entries[key]; ok {
		t.order.Remove(element)
		delete(t.entries, key)
	}
}

func (t *table[K, V]) at(element *list.Element) entry[K, V] {
	stored, _ := element.Value.(entry[K, V]) // nothing else is ever put in
	return stored
}
