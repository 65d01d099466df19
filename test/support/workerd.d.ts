/** The package that wrangler brings: its one export is the path of the native program for this platform. */
declare module "workerd" {
  const path: string;
  export default path;
}
