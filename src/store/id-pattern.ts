/** What an id may be made of. It is the name of an object: anything else can't be one's. */
export const idPattern = /^[\w-]{1,128}$/;
