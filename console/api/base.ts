/** The path of the API that the console uses. */
export const basePath = "/openai/v1";
