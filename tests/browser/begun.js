/** A Chromium that dies while it begins (its zygote gets a signal, now and then) says nothing of what is tested: it is begun again, twice. */
export const begun = async (launch, left = 2) => {
  try {
    return await launch();
  } catch (error) {
    if (left === 0) throw error;
    console.log(`# Chromium did not begin: ${String(error.message).split("\n")[0]}`);
    return begun(launch, left - 1);
  }
};
