type Row = { readonly components: readonly { readonly label: string; readonly custom_id: string }[] };

/** As far as the limits of components go. */
const isRow = ({ components }: Row): boolean =>
  components.length > 0 &&
  components.length <= 5 &&
  components.every(({ label, custom_id: id }) => label.length <= 80 && id.length <= 100);

/** The buttons of a message, row by row; undefined when Discord would not take them. */
export function buttonsOf(given: unknown): { label: string; custom_id: string }[][] | undefined {
  const rows = (given ?? []) as Row[];
  if (!rows.every(isRow) || rows.length > 5) return undefined;
  return rows.map((row) => row.components.map((one) => ({ label: one.label, custom_id: one.custom_id })));
}
