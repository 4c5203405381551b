// Package number reads telephone numbers as people dial them, and rewrites them as rules and servers want them.
//
// "0049 (30) 123-45" and "+493012345" are one number, and a rule that forbids the one must forbid the other. So a
// number is first cleaned of what is only for the eye, then rewritten to one form for all, on which rules are asked,
// and at last to the form that a trunk expects.
package number
