/**
 * The data sets that VLMEvalKit (commit e8e78f0) knows by name: its class for each, the kind of question, where the file is and its MD5.
 * Facts of that project, taken from its tables DATASET_URL and DATASET_MD5; grouped by class.
 */

/** What VLMEvalKit calls TYPE. */
export type VlmType = string;

/** One file, several that make one when joined in order, or none (VLMEvalKit makes the file by its own program). */
export type VlmAddress = string | readonly string[] | null;

export interface CatalogueEntry {
  readonly name: string;
  /** VLMEvalKit's class, which has the prompts and the scoring. */
  readonly className: string;
  readonly type: VlmType;
  readonly url: VlmAddress;
  /** Of the file, in hexadecimal of either case, as VLMEvalKit writes it; null where it has none. */
  readonly md5: string | null;
}

const OPENCOMPASS = 'https://opencompass.openxlab.space/utils/';
const HUGGING_FACE = 'https://huggingface.co/datasets/';

/** Class, type, and rows of name, address (with `oc:` and `hf:` for the two common hosts) and MD5. */
type Group = readonly [className: string, type: VlmType, rows: readonly (readonly [string, VlmAddress, string | null])[]];

const GROUPS: readonly Group[] = [
  [
    'ImageMCQDataset',
    'MCQ',
    [
      ['MMBench_DEV_EN', 'oc:benchmarks/MMBench/MMBench_DEV_EN.tsv', 'b6caf1133a01c6bb705cf753bb527ed8'],
      ['MMBench_TEST_EN', 'oc:benchmarks/MMBench/MMBench_TEST_EN.tsv', '6939fadb0ce626fefc0bdc9c64efc528'],
      ['MMBench_DEV_CN', 'oc:benchmarks/MMBench/MMBench_DEV_CN.tsv', '08b8fc3324a5ed74155350f57be69fbd'],
      ['MMBench_TEST_CN', 'oc:benchmarks/MMBench/MMBench_TEST_CN.tsv', '7e1239baf0ee4c8b513e19705a0f317e'],
      ['MMBench_DEV_KO', 'hf:NCSOFT/K-MMBench/resolve/main/MMBench_DEV_KO.tsv', '72e1cde9124b5015be6d0dd5c9b5500d'],
      ['MMBench', 'oc:benchmarks/MMBench/MMBench.tsv', '4115aea3383f3dd0083be6a633e0f820'],
      ['MMBench_CN', 'oc:benchmarks/MMBench/MMBench_CN.tsv', '2e053ffc90ea598b1feae13c36dc13ee'],
      ['MMBench_DEV_EN_V11', 'oc:benchmarks/MMBench/MMBench_DEV_EN_V11.tsv', '30c05be8f2f347a50be25aa067248184'],
      ['MMBench_TEST_EN_V11', 'oc:benchmarks/MMBench/MMBench_TEST_EN_V11.tsv', '8d1a704e791df6f5d9fb3ef782b65365'],
      ['MMBench_DEV_CN_V11', 'oc:benchmarks/MMBench/MMBench_DEV_CN_V11.tsv', '593f9b5f6bea453d870a798b34ae4f37'],
      ['MMBench_TEST_CN_V11', 'oc:benchmarks/MMBench/MMBench_TEST_CN_V11.tsv', '156e6569f9547afb16603eca16e85373'],
      ['MMBench_V11', 'oc:benchmarks/MMBench/MMBench_V11.tsv', 'b9276414f57af1308dcc4d0cd9b42e7c'],
      ['MMBench_CN_V11', 'oc:benchmarks/MMBench/MMBench_CN_V11.tsv', '95f6980dd1b4de38e3cbffe0305a3f25'],
      ['SEEDBench_IMG', 'oc:benchmarks/SEEDBench/SEEDBench_IMG.tsv', '68017231464752261a2526d6ca3a10c0'],
      ['SEEDBench_IMG_KO', 'hf:NCSOFT/K-SEED/resolve/main/SEEDBench_IMG_KO.tsv', 'b354a9ac3493f3ccf294e69b216bfab3'],
      ['SEEDBench2', 'hf:VLMEval/SEEDBench2/resolve/main/SEEDBench2.tsv', '4ec15cf864c4f16274112284f531813e'],
      ['SEEDBench2_Plus', 'oc:benchmarks/SEEDBench/SEEDBench2_Plus.tsv', 'e32d3216dc4f452b0fe497a52015d1fd'],
      ['ScienceQA_VAL', 'oc:benchmarks/ScienceQA/ScienceQA_VAL.tsv', '96320d05e142e585e7204e72affd29f3'],
      ['ScienceQA_TEST', 'oc:benchmarks/ScienceQA/ScienceQA_TEST.tsv', 'e42e9e00f9c59a80d8a5db35bc32b71f'],
      ['MMT-Bench_ALL_MI', 'oc:benchmarks/MMT-Bench/MMT-Bench_ALL_MI.tsv', '5272157097e19cdd7cb41e412ab3b7c7'],
      ['MMT-Bench_ALL', 'oc:benchmarks/MMT-Bench/MMT-Bench_ALL.tsv', 'b273a2f4c596fe4f2605de0494cd632f'],
      ['MMT-Bench_VAL_MI', 'oc:benchmarks/MMT-Bench/MMT-Bench_VAL_MI.tsv', 'c7d7b998eb5cd9aa36c7d4f721472462'],
      ['MMT-Bench_VAL', 'oc:benchmarks/MMT-Bench/MMT-Bench_VAL.tsv', '8dd4b730f53dbf9c3aed90ca31c928e0'],
      ['AesBench_VAL', 'hf:VLMEval/AesBench/resolve/main/AesBench_VAL.tsv', '3edb0c319e9187aa0b97fe7a11700a8c'],
      ['AesBench_TEST', 'hf:VLMEval/AesBench/resolve/main/AesBench_TEST.tsv', '58b1f7ba2cc32e1d68896d6ee716bbf8'],
      ['Q-Bench1_VAL', 'hf:zhangzicheng/qbench_tsv/resolve/main/Q-Bench1_VAL.tsv', '837bdb6cd2da571713543462815187b7'],
      ['Q-Bench1_TEST', 'hf:zhangzicheng/qbench_tsv/resolve/main/Q-Bench1_TEST.tsv', '15e759bfd58c9d5f30b23a317d347153'],
      ['A-Bench_VAL', 'hf:zhangzicheng/abench_tsv/resolve/main/A-bench_VAL.tsv', '218563ec50d34bb336c814143a5bb9c1'],
      ['A-Bench_TEST', 'hf:zhangzicheng/abench_tsv/resolve/main/A-bench_TEST.tsv', '567013fb033a20cf23f51d8e865bd16c'],
      ['R-Bench-Dis', 'hf:lcysyzxdxc/R-Bench/resolve/main/R-bench-dis.tsv', 'd6e961dbfc43350688af2560226830b4'],
      ['R-Bench-Ref', 'hf:lcysyzxdxc/R-Bench/resolve/main/R-bench-ref.tsv', '270c1cb555acb523f3fdb178ed57021d'],
      ['CCBench', 'oc:VLMEval/CCBench.tsv', 'f5dde47f24dc5a6fb6e595b409b466ac'],
      ['AI2D_TEST', 'oc:VLMEval/AI2D_TEST.tsv', '0f593e0d1c7df9a3d69bf1f947e71975'],
      ['AI2D_TEST_NO_MASK', 'oc:VLMEval/AI2D_TEST_NO_MASK.tsv', 'fd8f463634d4fe9fbd23b876e8eea5be'],
      ['MMStar', 'oc:VLMEval/MMStar.tsv', 'e1ecd2140806c1b1bbf54b43372efb9e'],
      ['MMStar_KO', 'hf:NCSOFT/K-MMStar/resolve/main/MMStar_KO.tsv', 'cc6049c7314bb54b9ac5e247a2bfb357'],
      ['MMStar_TR', 'hf:kesimeg/MMStar_tr/resolve/main/MMStar_TR.tsv', 'e2e139ebbaa51ee4930574c477eaaa9d'],
      ['RealWorldQA', 'oc:VLMEval/RealWorldQA.tsv', '4de008f55dc4fd008ca9e15321dc44b7'],
      ['MLLMGuard_DS', 'oc:VLMEval/MLLMGuard_DS.tsv', '975fc0dd7119386e198c37d71e274b3f'],
      ['BLINK', 'oc:VLMEval/BLINK.tsv', 'd5e8af148b10ac69f535ff7b23f3f989'],
      ['BLINK_circular', 'oc:VLMEval/BLINK_circular.tsv', 'f44c9f19afda14262cd1e0731bd01f9e'],
      [
        'TaskMeAnything_v1_imageqa_random',
        'hf:weikaih/TaskMeAnything-v1-imageqa-random/resolve/main/TaskMeAnything-v1-imageqa-random.tsv',
        '023fef69e2ca21827afb77c5ec3bc889',
      ],
      ['A-OKVQA', 'hf:Allen8/A-OKVQA/resolve/main/a-okvqa.tsv', null],
      ['WorldMedQA-V', 'oc:VLMEval/WorldMedQA-V.tsv', '441e63875e30c87f5750528b57b41285'],
      ['VisOnlyQA-VLMEvalKit', 'hf:ryokamoi/VisOnlyQA_Eval_Real/resolve/main/visonlyqa_vlmevalkit.tsv', 'cf460a31d2acb8d3a7cecd0e69298bfa'],
      ['MMCR', 'oc:VLMEval/MMCR.tsv', '9052635f2c3835bdb87755ef73564f5e'],
      ['MMSci_DEV_MCQ', 'oc:VLMEval/MMSci_DEV_MCQ.tsv', '865144aa866e29b251bdc7d63a735b6b'],
      ['MMVP', 'oc:VLMEval/MMVP.tsv', '8cb732b141a0cba5b42159df2839e557'],
      ['K-DTCBench', 'hf:NCSOFT/K-DTCBench/resolve/main/K-DTCBench.tsv', 'fe72a85b010513d3840b5f3be2de6ed3'],
      ['MMBench_V11_MINI', 'oc:TEST/MMBench_V11_MINI.tsv', null],
      ['MMStar_MINI', 'oc:TEST/MMStar_MINI.tsv', null],
      ['AI2D_MINI', 'oc:TEST/AI2D_MINI.tsv', null],
      ['VStarBench', 'hf:xjtupanda/VStar_Bench/resolve/main/VStarBench.tsv', 'b18854d7075574be06b631cd5f7d2d6a'],
      ['PathMMU_VAL', 'hf:Pfei111/PathMMU/resolve/main/PathMMU_VAL.tsv', null],
      ['PathMMU_TEST', 'hf:Pfei111/PathMMU/resolve/main/PathMMU_TEST.tsv', null],
      ['CMMU_MCQ', 'hf:Pfei111/CMMU_VAL_MCQ/resolve/main/CMMU_VAL_MCQ.tsv', '1a5c6c079d98719bb6cb59a94eb79c11'],
      ['MicroVQA', 'oc:VLMEval/MicroVQA.tsv', 'd7506438701a2076ec277f8bb3586c1a'],
      ['MMSIBench_circular', 'oc:VLMEval/MMSIBench_circular.tsv', '7be2b9e8a280863272e89fab5ba40807'],
      ['SpatialEval', 'oc:VLMEval/SpatialEval.tsv', '4c8eb33142b26be2916fb9164287b72b'],
      ['StaticEmbodiedBench', 'hf:xiaojiahao/StaticEmbodiedBench/resolve/main/StaticEmbodiedBench.tsv', '5c50611650ca966970180a80d49429f0'],
      [
        'StaticEmbodiedBench_circular',
        'hf:xiaojiahao/StaticEmbodiedBench/resolve/main/StaticEmbodiedBench_circular.tsv',
        '034cf398a3c7d848d966e1081e4baf68',
      ],
      ['MMMB_ar', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmmb/mmmb_ar.tsv', 'f3a18b6385f1d9701840aa42de27aead'],
      ['MMMB_cn', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmmb/mmmb_cn.tsv', '13ed82fa89730037292fcaa27f08f430'],
      ['MMMB_en', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmmb/mmmb_en.tsv', '1cd781a71ec5a2983c090b84105d6a01'],
      ['MMMB_pt', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmmb/mmmb_pt.tsv', '548ea2b3bb2da991790386f0015d30d1'],
      ['MMMB_ru', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmmb/mmmb_ru.tsv', 'ce1cc8a0533425ab0d86b326ebfc2984'],
      ['MMMB_tr', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmmb/mmmb_tr.tsv', '0733739d43090327975294292bc5cd67'],
      ['MMBench_dev_ar', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmbench/mmbench_dev_ar.tsv', '4271b4a0d0200e1a86380a878e0d64a4'],
      ['MMBench_dev_cn', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmbench/mmbench_dev_cn.tsv', '2ed5135326fed02c8e51ea50dda8222f'],
      ['MMBench_dev_en', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmbench/mmbench_dev_en.tsv', 'd9ab776fc018b3d45785e9a5c23431c2'],
      ['MMBench_dev_pt', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmbench/mmbench_dev_pt.tsv', '4ddfbcd27ef12444b908c03831cd0295'],
      ['MMBench_dev_tr', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmbench/mmbench_dev_tr.tsv', '4fab39d501389d3d6cc90264bb708f11'],
      ['MMBench_dev_ru', 'hf:AIDC-AI/Parrot-dataset/resolve/main/mmbench/mmbench_dev_ru.tsv', '5ba1171ff2e68f80637bf78349e402a5'],
    ],
  ],
  ['MedXpertQA_MM_test', 'MCQ', [['MedXpertQA_MM_test', 'oc:VLMEval/MedXpertQA_MM_test.tsv', '73c12d28ebdfca97c5fd3c3be3fe357b']]],
  [
    'MMMUDataset',
    'MCQ',
    [
      ['MMMU_DEV_VAL', 'oc:VLMEval/MMMU_DEV_VAL.tsv', '585e8ad75e73f75dcad265dfd0417d64'],
      ['MMMU_TEST', 'oc:VLMEval/MMMU_TEST.tsv', 'c19875d11a2d348d07e5eb4bdf33166d'],
    ],
  ],
  [
    'MMMUProDataset',
    'MCQ_MMMU_Pro',
    [
      ['MMMU_Pro_10c', 'oc:VLMEval/MMMU_Pro_10c.tsv', '22cee868fe6b680d14b99bfff6db8172'],
      ['MMMU_Pro_10c_COT', 'oc:VLMEval/MMMU_Pro_10c.tsv', '22cee868fe6b680d14b99bfff6db8172'],
      ['MMMU_Pro_V', 'oc:VLMEval/MMMU_Pro_V.tsv', 'd01441a87b3dbe721b5a04652ae38009'],
      ['MMMU_Pro_V_COT', 'oc:VLMEval/MMMU_Pro_V.tsv', 'd01441a87b3dbe721b5a04652ae38009'],
    ],
  ],
  ['MUIRDataset', 'MCQ', [['MUIRBench', 'oc:VLMEval/MUIRBench.tsv', '2e5e6fd7699761b08a7cb3ab8c0c2ec8']]],
  [
    'GMAIMMBenchDataset',
    'MCQ',
    [['GMAI-MMBench_VAL', 'hf:VLMEval/GMAI-MMBench/resolve/main/GMAI-MMBench_VAL.tsv', '254bd581627866f1c499d3d6b4422324']],
  ],
  [
    'CVBench',
    'MCQ',
    [
      ['CV-Bench-2D', 'oc:VLMEval/CV-Bench-2D.tsv', 'a7cff4cc2857cc237ee2b89e62bccb2d'],
      ['CV-Bench-3D', 'oc:VLMEval/CV-Bench-3D.tsv', 'bb94c0d568d652d15b60e001ac40a170'],
    ],
  ],
  [
    'HRBenchDataset',
    'MCQ',
    [
      ['HRBench4K', 'hf:DreamMr/HR-Bench/resolve/main/hr_bench_4k.tsv', 'f6b041b03d49543494b8a56d2e35be65'],
      ['HRBench8K', 'hf:DreamMr/HR-Bench/resolve/main/hr_bench_8k.tsv', '274c9c7f89329b804a4723178a00219c'],
    ],
  ],
  [
    'NaturalBenchDataset',
    'MCQ',
    [['NaturalBenchDataset', 'hf:BaiqiL/NaturalBench/resolve/main/NaturalBenchDataset.tsv', 'e5f724932972eaeb8a9099e6979606ec']],
  ],
  [
    'WeMath',
    'MCQ',
    [
      ['WeMath', 'oc:VLMEval/WeMath.tsv', 'b5e969a075f01290a542411fb7766388'],
      ['WeMath_COT', 'oc:VLMEval/WeMath.tsv', 'b5e969a075f01290a542411fb7766388'],
    ],
  ],
  [
    'VMCBenchDataset',
    'MCQ',
    [
      ['VMCBench_DEV', 'hf:suyc21/VMCBench/resolve/main/data/tsv/VMCBench_DEV.tsv', null],
      ['VMCBench_TEST', 'hf:suyc21/VMCBench/resolve/main/data/tsv/VMCBench_TEST.tsv', null],
    ],
  ],
  [
    'LEGO',
    'MCQ',
    [
      ['LEGO', 'oc:VLMEval/LEGO.tsv', 'cfa845764442ebd54afa369c26011b8e'],
      ['LEGO_circular', 'oc:VLMEval/LEGO_circular.tsv', null],
    ],
  ],
  ['VisualPuzzles', 'MCQ', [['VisualPuzzles', 'oc:VLMEval/VisualPuzzles.tsv', '12bcc3f6dd7a11b33ffcd526b5601076']]],
  ['PuzzleVQA', 'MCQ', [['PuzzleVQA', 'oc:VLMEval/PuzzleVQA.tsv', '6a4a40bd8967db728c06202e8265a49b']]],
  ['VisuLogic', 'MCQ', [['VisuLogic', 'oc:VLMEval/VisuLogic.tsv', 'b0820b5ec1e01dfe3951927f0def73b6']]],
  [
    'TDBench',
    'MCQ',
    [
      ['tdbench_rot0', 'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_rot0.tsv', '98d58436f01ca2bf2f1db1b9bfd7a947'],
      ['tdbench_rot90', 'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_rot90.tsv', 'd4afebfd0a4776242069e43269779f41'],
      ['tdbench_rot180', 'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_rot180.tsv', 'd54dd9f418f83ed612b02fd5f42f65c7'],
      ['tdbench_rot270', 'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_rot270.tsv', 'f95304455582de5635ff10c0400562ac'],
      ['tdbench_cs_zoom', 'hf:Columbia-ICSL/TDBench/resolve/main/case_study_zoom_in.tsv', '2a01618c9c1e7d1a9d86af545e943392'],
      ['tdbench_cs_height', 'hf:Columbia-ICSL/TDBench/resolve/main/case_study_height.tsv', 'ecbe1c5802e25749558417208164bcb3'],
      ['tdbench_cs_integrity', 'hf:Columbia-ICSL/TDBench/resolve/main/case_study_integrity.tsv', '05b2045cae2016f6edc400da48e2df4b'],
      ['tdbench_cs_depth', 'hf:Columbia-ICSL/TDBench/resolve/main/case_study_depth.tsv', '449dbe4b24a43a06a9f680811deae517'],
    ],
  ],
  ['MicroBench', 'MCQ', [['MicroBench', null, null]]],
  ['XLRSBench', 'MCQ', [['XLRS-Bench-lite', null, null]]],
  ['OmniEarthMCQBench', 'MCQ', [['OmniEarth-Bench', null, null]]],
  ['OmniMedVQA', 'MCQ', [['OmniMedVQA', null, null]]],
  ['MSEarthMCQ', 'MCQ', [['MSEarthMCQ', 'oc:VLMEval/MSEarthMCQ.tsv', '4e32b487dbd241e66458251186540a6d']]],
  ['VLMBlind', 'MCQ', [['VLMBlind', 'oc:VLMEval/VLMBlind.tsv', 'e0f960236afe08f9fa48e8ccc908b2a9']]],
  ['SCAM', 'MCQ', [['SCAM', null, null]]],
  ['_3DSRBench', 'MCQ', [['3DSRBench', 'oc:VLMEval/3DSRBench.tsv', '610516a0b4710595545b7613c60524e8']]],
  ['AffordanceDataset', 'MCQ', [['A4Bench', 'oc:VLMEval/A4Bench.tsv', '7c0dc90e8c03e67ff937f3abb4a3fffb']]],
  ['TreeBench', 'MCQ', [['TreeBench', 'hf:HaochenWang/TreeBench/resolve/main/TreeBench.tsv', null]]],
  [
    'CVQA',
    'MCQ',
    [
      ['CVQA_LOC', 'hf:timothycdc/VLMEvalKit_CVQA/resolve/main/CVQA_LOC.tsv', 'b51dcf2820cb292aa5cb3430dd7d5049'],
      ['CVQA_EN', 'hf:timothycdc/VLMEvalKit_CVQA/resolve/main/CVQA_ENG.tsv', 'f49ad8ad39dbc4208ea8985a3ca00804'],
    ],
  ],
  ['TopViewRS', 'MCQ', [['TopViewRS', 'oc:VLMEval/TopViewRS.tsv', '5669bc122457979dd2ac3b69b5dc1622']]],
  [
    'ImageYORNDataset',
    'Y/N',
    [
      ['MME', 'oc:VLMEval/MME.tsv', 'b36b43c3f09801f5d368627fb92187c3'],
      ['HallusionBench', 'oc:VLMEval/HallusionBench.tsv', '0c23ac0dc9ef46832d7a24504f2a0c7c'],
      ['POPE', 'oc:VLMEval/POPE.tsv', 'c12f5acb142f2ef1f85a26ba2fbe41d5'],
      ['AMBER', 'hf:yifanzhang114/AMBER_base64/resolve/main/AMBER.tsv', '970d94c0410916166e0a76ba75da7934'],
      [
        'VSR-zeroshot',
        'hf:ignoreandfly/vsr_zeroshot_tsv/resolve/main/vsr_zeroshot_dataset_yn_strict.tsv',
        '5ff5e49908ac1cfad35c60b92b001aeb',
      ],
    ],
  ],
  [
    'ImageVQADataset',
    'VQA',
    [
      ['OCRVQA_TEST', 'oc:VLMEval/OCRVQA_TEST.tsv', 'ca46a6d74b403e9d6c0b670f6fc00db9'],
      ['OCRVQA_TESTCORE', 'oc:VLMEval/OCRVQA_TESTCORE.tsv', 'c5239fe77db8bdc1f2ad8e55e0d1fe97'],
      ['TextVQA_VAL', 'oc:VLMEval/TextVQA_VAL.tsv', 'b233b31f551bbf4056f2f955da3a92cd'],
      ['DocVQA_VAL', 'oc:VLMEval/DocVQA_VAL.tsv', 'd5ee77e1926ff10690d469c56b73eabf'],
      ['DocVQA_TEST', 'oc:VLMEval/DocVQA_TEST.tsv', '6a2f28cac26ef2d3447374e8c6f6c8e9'],
      ['InfoVQA_VAL', 'oc:VLMEval/InfoVQA_VAL.tsv', '2342e9c225222f0ef4dec545ebb126fe'],
      ['InfoVQA_TEST', 'oc:VLMEval/InfoVQA_TEST.tsv', 'df535bf51b88dc9718252c34131a6227'],
      ['ChartQA_TEST', 'oc:VLMEval/ChartQA_TEST.tsv', 'c902e0aa9be5582a7aad6dcf52734b42'],
      ['GQA_TestDev_Balanced', 'oc:VLMEval/GQA_TestDev_Balanced.tsv', '99b62f22e224d9b2f32dcbe41359d1c9'],
    ],
  ],
  ['VizWiz', 'VQA', [['VizWiz', 'oc:VLMEval/VizWiz.tsv', 'fa4ac4164467563ed2fac6eac6631bd0']]],
  [
    'OCRBench',
    'VQA',
    [
      ['OCRBench', 'oc:VLMEval/OCRBench.tsv', 'e953d98a987cc6e26ef717b61260b778'],
      ['OCRBench_MINI', 'oc:TEST/OCRBench_MINI.tsv', null],
    ],
  ],
  ['MathVista', 'VQA', [['MathVista_MINI', 'oc:VLMEval/MathVista_MINI.tsv', 'f199b98e178e5a2a20e7048f5dcb0464']]],
  [
    'MathVerse',
    'VQA',
    [
      ['MathVerse_MINI', 'oc:benchmarks/MathVerse/MathVerse_MINIV.tsv', '5017caca32b7fa110c350a1bea861b65'],
      ['MathVerse_MINI_Vision_Only', 'oc:benchmarks/MathVerse/MathVerse_MINIVOnly.tsv', '68a11d4680014ac881fa37adeadea3a4'],
      ['MathVerse_MINI_Vision_Only_cot', 'oc:benchmarks/MathVerse/MathVerse_MINIVOnly.tsv', '68a11d4680014ac881fa37adeadea3a4'],
      ['MathVerse_MINI_Vision_Dominant', 'oc:benchmarks/MathVerse/MathVerse_MINIVDom.tsv', 'b8fb63852d261ab2aaefba29cc2414d3'],
      ['MathVerse_MINI_Vision_Intensive', 'oc:benchmarks/MathVerse/MathVerse_MINIVInt.tsv', '01cbd35be202bb0c4873a4186a63bc19'],
      ['MathVerse_MINI_Text_Lite', 'oc:benchmarks/MathVerse/MathVerse_MINITLite.tsv', '19e4b13bdd30b89a03b2e358bcfefa04'],
      ['MathVerse_MINI_Text_Dominant', 'oc:benchmarks/MathVerse/MathVerse_MINITDom.tsv', '4f5cd2fa6630ea00bb11d6fde1f6fe6a'],
    ],
  ],
  [
    'MathVision',
    'VQA',
    [
      ['MathVision', 'oc:VLMEval/MathVision.tsv', '93f6de14f7916e598aa1b7165589831e'],
      ['MathVision_MINI', 'oc:VLMEval/MathVision_MINI.tsv', '060fe4fa5d868987ce179307bd5f8a33'],
    ],
  ],
  [
    'LENS',
    'VQA',
    [
      ['LENS-CN-QA', 'hf:songlier/LENS/resolve/main/LENS-CN-QA.tsv', 'D382365A2C977543BEB890BAC240E731'],
      ['LENS-CN-QA_MINI', 'hf:songlier/LENS/resolve/main/LENS-CN-QA_MINI.tsv', '4CEA1BDE46537DE2428C1D05A0B36094'],
    ],
  ],
  [
    'Physics_yale',
    'VQA',
    [
      ['atomic_dataset', 'oc:benchmarks/physics/atomic_dataset.tsv', 'b927fae6bcc6163b0bd89041e4421c70'],
      ['electro_dataset', 'oc:benchmarks/physics/electro_dataset.tsv', '66db62cdbc468bb003e6d09592b94b59'],
      ['mechanics_dataset', 'oc:benchmarks/physics/mechanics_dataset.tsv', '11f287a18ccc6227bea15fa89f24de67'],
      ['optics_dataset', 'oc:benchmarks/physics/optics_dataset.tsv', '39ab9028ae4a33c06f78ce8618668172'],
      ['quantum_dataset', 'oc:benchmarks/physics/quantum_dataset.tsv', 'd2610f9938ad1e848259ccbcd5ac3acf'],
      ['statistics_dataset', 'oc:benchmarks/physics/statistics_dataset.tsv', '78242aa2431a477782b5b3de1c18d633'],
      [
        'Physics_blankim',
        'http://opencompass.oss-cn-shanghai.aliyuncs.com/utils/VLMEval/Physics_blankim.tsv',
        'b4136f27f09339698f636111c07824e9',
      ],
      ['Physics', 'http://opencompass.oss-cn-shanghai.aliyuncs.com/utils/VLMEval/Physics.tsv', 'c27c6228fca6a2e8b450fc5da7279ea2'],
    ],
  ],
  [
    'OlympiadBench',
    'VQA_ex_prompt',
    [
      ['OlympiadBench', 'oc:VLMEval/OlympiadBench.tsv', '9735ae0f0299eae1e7d07f5a7feab914'],
      ['OlympiadBench_EN', 'oc:VLMEval/OlympiadBench_EN.tsv', '5c68e100d394351fc7049f29d4d4efed'],
      ['OlympiadBench_CN', 'oc:VLMEval/OlympiadBench_CN.tsv', 'ea01b16788955702c79650c701e5b623'],
    ],
  ],
  [
    'SeePhys',
    'VQA',
    [
      ['SeePhys', 'hf:SeePhys/SeePhys/resolve/main/data_vlmevalkit/SeePhys_total.tsv', 'c19612ca99cc8c1351b6c3aa556d25b8'],
      ['SeePhys_vo', 'hf:SeePhys/SeePhys/resolve/main/data_vlmevalkit/SeePhys_total_vo.tsv', '542b4e78cbe6b34b247bdbc8aaddeb19'],
    ],
  ],
  ['LogicVista', 'VQA', [['LogicVista', 'oc:VLMEval/LogicVista.tsv', '41c5d33adf33765c399e0e6ae588c061']]],
  ['MME_CoT', 'VQA', [['MME_CoT_TEST', 'hf:CaraJ/MME-CoT_VLMEvalKit/resolve/main/MME-CoT.tsv', 'a612dee0f2d702e01fe50267201302e0']]],
  ['LLaVABench', 'VQA', [['LLaVABench', 'oc:VLMEval/LLaVABench.tsv', 'd382a093f749a697820d3dadd61c8428']]],
  ['LLaVABench_KO', 'VQA', [['LLaVABench_KO', 'hf:NCSOFT/K-LLaVA-W/resolve/main/LLaVABench_KO.tsv', 'ef279346a8333b0bf1ba70aa7d0c7494']]],
  ['VGRPBench', 'VQA', [['VGRPBench', 'hf:VGRP-Bench/VGRP-Bench/resolve/main/data/vgrpbench_dataset_easy_100_samples.tsv', null]]],
  [
    'MMVet',
    'VQA',
    [
      ['MMVet', 'oc:VLMEval/MMVet.tsv', '748aa6d4aa9d4de798306a63718455e3'],
      ['MMVet_Hard', 'oc:VLMEval/MMVet_Hard.tsv', '63a598819a936a2e77c410a78a21ff16'],
    ],
  ],
  ['MTVQADataset', 'VQA', [['MTVQA_TEST', 'oc:VLMEval/MTVQA_TEST.tsv', 'd87c17dbab934b7cd89c0a3c1c5657f4']]],
  ['WildDocBenchmark', 'VQA', [['WildDoc', 'hf:jingqun/wilddoc-vlmeval/resolve/main/WildDoc.tsv', '7b9a95e7ae26dad58be05685f59867aa']]],
  [
    'TableVQABench',
    'VQA',
    [
      [
        'TableVQABench',
        'https://pai-aigc-photog.oss-cn-hangzhou.aliyuncs.com/mentor-vil/datasets/tablevqa-bench.tsv',
        '2550adc61bdc82d8e62f3b003de7c62d',
      ],
    ],
  ],
  [
    'CRPE',
    'VQA',
    [
      ['CRPE_EXIST', 'hf:petter12321/crpe_vlmevalkit/resolve/main/CRPE_EXIST.tsv', '315584e23ac1ff7f8719ed3b7ad90f08'],
      ['CRPE_RELATION', 'hf:petter12321/crpe_vlmevalkit/resolve/main/CRPE_RELATION.tsv', 'bad7094cde0b572288f4b119c2d0c656'],
    ],
  ],
  [
    'QSpatial',
    'VQA',
    [
      ['QSpatial_plus', null, null],
      ['QSpatial_scannet', null, null],
    ],
  ],
  [
    'MMNIAH',
    'VQA',
    [
      ['MM_NIAH_VAL', 'hf:petter12321/MM-NIAH-VLMEvalKit/resolve/main/MM_NIAH_VAL.tsv', '27e5a8c3cef7746cb38f89cd86c474c5'],
      [
        'MM_NIAH_TEST',
        [
          'hf:petter12321/MM-NIAH-VLMEvalKit/resolve/main/part-aa',
          'hf:petter12321/MM-NIAH-VLMEvalKit/resolve/main/part-ab',
          'hf:petter12321/MM-NIAH-VLMEvalKit/resolve/main/part-ac',
          'hf:petter12321/MM-NIAH-VLMEvalKit/resolve/main/part-ad',
          'hf:petter12321/MM-NIAH-VLMEvalKit/resolve/main/part-ae',
        ],
        'f490eb2a43096307465fe9e7ef13497c',
      ],
    ],
  ],
  [
    'MMSci_Captioning',
    'MMSci_Captioning',
    [
      ['MMSci_DEV_Captioning_image_only', 'oc:VLMEval/MMSci_DEV_Captioning_image_only.tsv', '0f5f0fd7ff383699fbd2203a4659d3e8'],
      ['MMSci_DEV_Captioning_with_abs', 'oc:VLMEval/MMSci_DEV_Captioning_with_abs.tsv', 'ae4a9b88166153efd74e28c989e4a484'],
    ],
  ],
  [
    'BMMR',
    'BMMR',
    [
      ['BMMR', 'oc:VLMEval/BMMR.tsv', '3245ec52eb8dd689b81633cf7be06264'],
      ['BMMR_mini', 'oc:VLMEval/BMMR_mini.tsv', '4fd17afd00ce059a5f6496cf96f8b762'],
    ],
  ],
  [
    'TDBenchGrounding',
    'VQA',
    [
      ['tdbench_grounding_rot0', 'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_grounding_rot0.tsv', '4c2e16c797dfc27f23c06dbb82993a1e'],
      ['tdbench_grounding_rot90', 'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_grounding_rot90.tsv', '1c75f08b0db07a655333217bf32052c3'],
      [
        'tdbench_grounding_rot180',
        'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_grounding_rot180.tsv',
        '794d15f88392a3b8ae5399e58b0f7327',
      ],
      [
        'tdbench_grounding_rot270',
        'hf:Columbia-ICSL/TDBench/resolve/main/tdbench_grounding_rot270.tsv',
        '76005a412b49f54eedb6ef963cd0affb',
      ],
    ],
  ],
  [
    'ZEROBench',
    'VQA',
    [
      ['ZEROBench', 'oc:VLMEval/zerobench.tsv', '600d5e89325f1dab5ad3fa2ea200cea6'],
      ['ZEROBench_sub', 'oc:VLMEval/zerobench_sub.tsv', '2d2131bffb7f09ca099fdd0f3ad0392b'],
    ],
  ],
  ['CountBenchQA', 'VQA', [['CountBenchQA', 'oc:VLMEval/CountBenchQA.tsv', 'fc73c8d4ffa665431448753f094d56ff']]],
  ['OCR_Reasoning', 'VQA', [['OCR_Reasoning', 'oc:VLMEval/OCR_Reasoning.tsv', 'cf95ace31742170cf669ef45e0dae267']]],
  [
    'PhyX',
    'VQA',
    [
      ['PhyX_MC', 'hf:Cloudriver/PhyX/resolve/main/data_tsv_vlmevalkit/PhyX_MC.tsv', '36e841a2c12e605cdc940e5e36d89213'],
      ['PhyX_OE', 'hf:Cloudriver/PhyX/resolve/main/data_tsv_vlmevalkit/PhyX_OE.tsv', '8abdd9802a78c688c3a38fe0c785ee7a'],
      ['PhyX_mini_MC', 'hf:Cloudriver/PhyX/resolve/main/data_tsv_vlmevalkit/PhyX_mini_MC.tsv', '3587d8804b66a8e7678f3496716fa84f'],
      ['PhyX_mini_OE', 'hf:Cloudriver/PhyX/resolve/main/data_tsv_vlmevalkit/PhyX_mini_OE.tsv', '1f646ccb086ef28453f8c260441734f3'],
    ],
  ],
  ['TallyQA', 'VQA', [['TallyQA', 'hf:moondream/TallyQA-VLMEvalKit/resolve/main/tallyqa_data.tsv', '959df01cf1858e73a71efe5cd3b9bf19']]],
  [
    'Omni3DBench',
    'VQA',
    [['Omni3DBench', 'hf:rohunagrawal/Omni3DBench-VLMEvalKit/resolve/main/omni3dbench.tsv', 'ba1fa59c3897eb95aed445996ec9b690']],
  ],
  ['MMEReasoning', 'VQA', [['MME-Reasoning', 'hf:U4R/MME-Reasoning/blob/main/MME_Reasoning.tsv', null]]],
  ['MMVMBench', 'VQA', [['MMVMBench', 'oc:VLMEval/MMVMBench.tsv', '168823a449bc323bec5d309227943757']]],
  [
    'OCRBench_v2',
    'VQA',
    [
      ['OCRBench_v2', 'hf:QYWH/ocrbench_v2/resolve/main/OCRBench_v2.tsv?download=true', '65d04fe07b4d4ee33e73fc8e7d4d46b0'],
      ['OCRBench_v2_MINI', 'oc:VLMEval/OCRBench_v2_MINI.tsv', '11f79b8e1e0b0fe150964de4cb2feb02'],
    ],
  ],
  [
    'AyaVisionBench',
    'VQA',
    [['AyaVisionBench', 'hf:timothycdc/VLMEvalKit_AyaVisionBench/resolve/main/aya_vision_bench.tsv', '2bc7f64c767421ba86cf7c035ca74f95']],
  ],
  [
    'MathCanvas',
    'VQA',
    [['MathCanvas-Bench', 'hf:shiwk24/MathCanvas-Bench/resolve/main/MathCanvas_Bench_VLMEvalKit.tsv', '9fd0b783ca416dbb20ecfb04d2711411']],
  ],
  [
    'MMReason',
    'VQA',
    [['MMReason_testmini', 'hf:HuanjinYao/MMReason/resolve/main/MMReason_testmini.tsv?download=true', '630205345349ac51c9999d4fbfd1d630']],
  ],
  [
    'CoreCognition',
    'VQA',
    [['CoreCognition', 'hf:ZTWHHH/CoreCognition/resolve/main/CoreCognition.tsv', 'edb4569677adfb6d01e8056a610dddbb']],
  ],
  ['VLMsAreBiased', 'VQA', [['vlms_are_biased_main', 'oc:VLMEval/vlms_are_biased_main.tsv', '96b929361f6417b32df95b5287f992f1']]],
  ['ImageCaptionDataset', 'Caption', [['COCO_VAL', 'oc:VLMEval/COCO_VAL.tsv', '72a5079dead060269ac222c5aa5128af']]],
];

function fullAddress(url: VlmAddress): VlmAddress {
  if (url === null) return null;
  if (typeof url !== 'string') return url.map((part) => fullAddress(part) as string);
  return url.replace(/^oc:/, OPENCOMPASS).replace(/^hf:/, HUGGING_FACE);
}

const ENTRIES = new Map<string, CatalogueEntry>(
  GROUPS.flatMap(([className, type, rows]) =>
    rows.map(([name, url, md5]): [string, CatalogueEntry] => [name, { name, className, type, url: fullAddress(url), md5 }]),
  ),
);

/** What VLMEvalKit knows of a data set, or undefined. */
export function catalogueEntry(name: string): CatalogueEntry | undefined {
  return ENTRIES.get(name);
}

/** All names, in VLMEvalKit's order. */
export function catalogueNames(): readonly string[] {
  return [...ENTRIES.keys()];
}
