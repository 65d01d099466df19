import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A part of the page that is loaded when it is first shown. */
export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Lazy() {
    const [View, setView] = useState(() => loaded);
    useEffect(() => {
      if (View !== undefined) return;
      void load().then((view) => {
        loaded = view;
        setView(() => view);
      });
    }, []);
    return View === undefined ? <div class="loading" aria-busy="true" /> : <View />;
  };
}
