// Nothing else is imported here: the mark in the page's own HTML is painted while the rest is on its way.
void import("./start.tsx");
